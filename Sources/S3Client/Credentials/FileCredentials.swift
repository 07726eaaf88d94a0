package import S3Authorization
internal import Synchronization

/// Credentials in files, which one thread looks at again once a second at most, while the others go on with what is known.
///
/// While a file cannot be read or understood, as in the middle of being rewritten, the last good reading stands.
package final class FileCredentials: CredentialsProvider {
    /// Microseconds between two looks.
    package static let interval: Int64 = 1_000_000

    private struct State {
        var known: Result<Credentials, CredentialsError>?
        /// What was wrong at the last look.
        var failure: CredentialsError?

        var good: Credentials? {
            if case .success(let credentials)? = known { credentials } else { nil }
        }
    }

    private let read: @Sendable () throws(CredentialsError) -> Credentials
    private let surroundings: S3Surroundings
    private let state: Mutex<State>
    private let nextLook: Atomic<Int64>

    /// `first` was read just now, its secret and its token from the files named here, where they come from files.
    package init(_ first: Credentials, secretPath: String?, tokenPath: String?, surroundings: S3Surroundings) {
        let secret = secretPath.map { path in
            WatchedFile(path: path) { bytes throws(CredentialsError) in
                Secret(Array(try Self.word(bytes, "the secret access key in \(path)").bytes))
            }
        }
        let token = tokenPath.map { path in
            WatchedFile(path: path) { bytes throws(CredentialsError) in
                try Self.word(bytes, "the session token in \(path)")
            }
        }
        read = { () throws(CredentialsError) in
            Credentials(
                accessKeyID: first.accessKeyID, secret: try secret?.current() ?? first.secret,
                sessionToken: try token?.current() ?? first.sessionToken)
        }
        self.surroundings = surroundings
        state = Mutex(State(known: .success(first)))
        nextLook = Atomic(surroundings.stopwatch() + Self.interval)
    }

    /// One profile of the file that AWS's tools share.
    package init(shared path: String, profile: ByteString = "default", surroundings: S3Surroundings) {
        let file = WatchedFile(path: path) { bytes throws(CredentialsError) in
            try SharedCredentialsFile.credentials(in: bytes, profile: profile, path: path)
        }
        read = { () throws(CredentialsError) in try file.current() }
        self.surroundings = surroundings
        state = Mutex(State())
        nextLook = Atomic(.min)
    }

    package func credentials(until deadline: Deadline) throws(CredentialsError) -> Credentials {
        let now = surroundings.stopwatch()
        let due = nextLook.load(ordering: .relaxed)
        let isOurs =
            now >= due
            && nextLook.compareExchange(expected: due, desired: now + Self.interval, ordering: .relaxed).exchanged
        if !isOurs, let known = state.withLock({ $0.good }) { return known }
        // Nil while somebody else is having the very first look.
        let known = isOurs ? nil : state.withLock { $0.known }
        return try (known ?? look()).get()
    }

    /// Looks at once when it is asked again.
    package func reject(_ credentials: Credentials) {
        nextLook.store(.min, ordering: .relaxed)
    }

    private func look() -> Result<Credentials, CredentialsError> {
        let found = Result { () throws(CredentialsError) in try read() }
        let (known, notice) = state.withLock { state in
            let notice = Self.take(found, into: &state)
            return (state.known ?? found, notice)
        }
        if let notice { surroundings.notice(notice) }
        return known
    }

    /// What the operator should hear of it.
    private static func take(_ found: Result<Credentials, CredentialsError>, into state: inout State) -> String? {
        switch (found, state.known) {
        case (.success(let new), .success(let old)?) where new.areEqual(to: old):
            defer { state.failure = nil }
            return state.failure.map { _ in "the credentials \(old.accessKeyID) can be read again, and are the same" }
        case (.success(let new), let old):
            state = State(known: found)
            return old.map { _ in "new credentials \(new.accessKeyID) are in use" }
        case (.failure(let failure), .success(let old)?):
            defer { state.failure = failure }
            return failure == state.failure ? nil : "\(failure); the credentials \(old.accessKeyID) stay in use"
        case (.failure, _):
            state = State(known: found)
            return nil
        }
    }

    /// One word of visible characters, and the line break that editors and `echo` add.
    private static func word(_ bytes: [UInt8], _ name: String) throws(CredentialsError) -> ByteString {
        let word = ByteString(withoutLineBreak(bytes))
        guard !word.isEmpty, word.isVisibleASCII else { throw .malformed(name) }
        return word
    }

    /// Without one line break at the end.
    package static func withoutLineBreak(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.last == UInt8(ascii: "\n") else { return bytes }
        let line = bytes.dropLast()
        return Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }
}

extension Credentials {
    fileprivate func areEqual(to other: Credentials) -> Bool {
        accessKeyID == other.accessKeyID && secret == other.secret && sessionToken == other.sessionToken
    }
}

extension ByteString {
    var isVisibleASCII: Bool { bytes.allSatisfy { 0x21...0x7e ~= $0 } }
}
