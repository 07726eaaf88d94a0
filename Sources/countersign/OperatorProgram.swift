internal import Glibc

/// The second program, which carries out the operator's commands: its libraries would slow every cold start of this one.
enum OperatorProgram {
    private static let name = "countersign-operator"
    private static let directory = "/usr/libexec/countersign"

    /// Whether these words are its business.
    static func knows(_ words: ArraySlice<String>) -> Bool {
        switch words.first {
        case "doctor", "explain", "print", "setup", "sign", "complete", "spool", "sweep": true
        case "--generate-completion-script": true
        case "help": words.count > 1
        default: false
        }
    }

    /// Becomes the program beside this one, else the one in `/usr/libexec/countersign`; never one from PATH.
    static func run(_ words: [String]) -> ExitStatus {
        let places = [ownDirectory, directory].compactMap { $0 }
        for place in places {
            become("\(place)/\(name)", words)
            guard errno == ENOENT || errno == ENOTDIR else {
                Terminal.complain("\(place)/\(name) cannot be started (errno \(errno))")
                return .failure
            }
        }
        Terminal.complain("\(name) is not installed: it belongs into \(places.joined(separator: " or "))")
        return .failure
    }

    /// Returns only where that fails; `errno` says why.
    private static func become(_ path: String, _ words: [String]) {
        let arguments = unsafe (["countersign"] + words).map { unsafe strdup($0) } + [nil]
        unsafe execv(path, arguments)
        let reason = errno
        for index in unsafe arguments.indices { unsafe free(arguments[index]) }
        errno = reason
    }

    /// Where the file of the running program lies, whatever it was called as.
    private static var ownDirectory: String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0, count < buffer.count,
            let path = String(validating: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self),
            let slash = path.lastIndex(of: "/")
        else { return nil }
        return String(path[..<slash])
    }
}
