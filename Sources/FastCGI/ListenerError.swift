import Glibc

/// Why there is nothing to listen on; each describes itself in a line for the operator.
package enum ListenerError: Error, Equatable, CustomStringConvertible {
    /// Neither `unix:PATH` nor `tcp:ADDRESS:PORT`.
    case address(String)
    case pathTooLong(String)
    case notASocket(String)
    case inUse(String)
    case notOurs(String)
    case notListening(Int32)
    case noSockets
    case foreignLibrary
    case system(String, Int32)

    package var description: String {
        switch self {
        case .address(let text):
            "cannot listen on “\(text)”: say unix:PATH or tcp:ADDRESS:PORT, e.g. tcp:127.0.0.1:9000"
        case .pathTooLong(let path): "cannot listen on \(path): a socket's path has at most 107 bytes"
        case .notASocket(let path): "cannot listen on \(path): there is a file of that name, and it is no socket"
        case .inUse(let path): "cannot listen on \(path): another process answers there"
        case .notOurs(let path): "cannot listen on \(path): the socket there belongs to another user"
        case .notListening(let descriptor): "descriptor \(descriptor) was passed on by LISTEN_FDS but does not listen"
        case .noSockets: "LISTEN_FDS is not a number of sockets, or all of them are named operations"
        case .foreignLibrary: "this build of libfcgi does not read through its exported OS_Read, and cannot be used"
        case .system(let call, let code): "\(call) failed (errno \(code): \(Self.text(code)))"
        }
    }
}

extension ListenerError {
    private static func text(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "" }
        return unsafe String(cString: text)
    }
}
