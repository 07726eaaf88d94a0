package import S3Authorization

/// Where credentials come from, for our own calls and for what browsers send; many threads may ask at once.
package protocol CredentialsProvider: Sendable {
    /// Good at this moment, for all that is known; `deadline` is that of the request that asks.
    func credentials(until deadline: Deadline) throws(CredentialsError) -> Credentials

    /// S3 says that these are expired: the next call fetches others, if others can be had.
    func reject(_ credentials: Credentials)

    /// What it would hand out without asking anybody; nil where it does not know.
    var known: Credentials? { get }
}

extension CredentialsProvider {
    package func reject(_ credentials: Credentials) {}
    package var known: Credentials? { nil }
}

/// Why there are no credentials; nothing in it is secret.
package enum CredentialsError: Error, Sendable, Equatable {
    /// Nothing is configured there: a variable, a profile, a file.
    case missing(String)
    /// What is there cannot be read as credentials.
    case malformed(String)
    /// The file cannot be read.
    case unreadable(path: String, String)
    /// The service that hands them out does not answer, or says no.
    case unavailable(String)
}

extension CredentialsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let what): "\(what) is not there"
        case .malformed(let what): "\(what) is not as it must be"
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
        case .unavailable(let what): what
        }
    }
}

/// The same for ever: from the configuration.
package struct StaticCredentials: CredentialsProvider {
    private let value: Credentials

    package init(_ value: Credentials) {
        self.value = value
    }

    package func credentials(until deadline: Deadline) -> Credentials { value }
}
