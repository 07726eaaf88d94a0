internal import Glibc

/// Why the spool cannot be used: a step, on a path, and its errno.
package struct SpoolError: Error, Sendable, Equatable, CustomStringConvertible {
    let step: StaticString
    let path: String
    let code: Int32

    package var description: String {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return "\(path): cannot \(step): \(reason)"
    }

    package static func == (left: SpoolError, right: SpoolError) -> Bool {
        left.path == right.path && left.code == right.code && "\(left.step)" == "\(right.step)"
    }
}

/// What can go wrong with a file of the spool, one system call each; tests let each of them fail.
package enum SpoolStep: Sendable, CaseIterable {
    case create, write, flush, rename, flushFolder
}
