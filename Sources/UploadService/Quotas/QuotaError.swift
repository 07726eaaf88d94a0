internal import Glibc

/// Why the ledger cannot be used: a step, on a path, and what is wrong with it.
package struct QuotaError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        /// An errno.
        case system(Int32)
        case notPlain
        case foreign
        /// Cut short while it was in use.
        case tooShort
        /// Another process has held it for too long.
        case held
        /// Others replace it again and again.
        case unsettled
    }

    let step: StaticString
    let path: String
    let reason: Reason

    package var description: String {
        let text =
            switch reason {
            case .system(let code):
                unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
            case .notPlain: "it is no plain file"
            case .foreign: "it belongs to another user"
            case .tooShort: "it was cut short"
            case .held: "another process has held it for two seconds"
            case .unsettled: "other processes replace it again and again"
            }
        return "\(path): cannot \(step): \(text)"
    }

    package static func == (left: QuotaError, right: QuotaError) -> Bool {
        left.path == right.path && left.reason == right.reason && "\(left.step)" == "\(right.step)"
    }
}
