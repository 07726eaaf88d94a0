/// One thing wrong with the configuration: where, which key, what is wrong and what would be right.
///
/// Its text never holds the value of a secret.
package struct ConfigurationProblem: Equatable, Sendable, CustomStringConvertible {
    /// Where a value was written.
    package enum Place: Equatable, Sendable {
        /// Line and column count from 1.
        case file(String, line: Int?, column: Int?)
        case environment
    }

    package let place: Place
    /// `section.key`, the name of an environment variable, or nil where the whole file is meant.
    package let key: String?
    package let message: String

    /// `file:line: section.key: message`, or `environment: NAME: message`.
    package var description: String {
        let key = key.map { ": \($0)" } ?? ""
        return "\(place)\(key): \(message)"
    }
}

extension ConfigurationProblem.Place: CustomStringConvertible {
    package var description: String {
        switch self {
        case .environment: "environment"
        case .file(let path, let line?, let column?): "\(path):\(line):\(column)"
        case .file(let path, let line?, nil): "\(path):\(line)"
        case .file(let path, nil, _): path
        }
    }
}

extension ConfigurationProblem.Place: Comparable {
    /// The order people read in: down the file, then what the whole file lacks, then the environment.
    package static func < (left: Self, right: Self) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .file(_, let line?, _): line
        case .file: Int.max - 1
        case .environment: Int.max
        }
    }
}

/// Everything that is wrong with a configuration, in the order of the file.
package struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    package let problems: [ConfigurationProblem]

    /// One problem a line.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

/// What is wrong with one value, before it is known where the value stands.
struct WrongValue: Error, Equatable {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
