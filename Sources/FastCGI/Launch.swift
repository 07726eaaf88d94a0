import Glibc

/// How the program was started: as a FastCGI responder, as a CGI script, or by hand.
///
/// FCGX_IsCGI is not asked: it takes the /dev/null of a service manager for CGI.
package enum Launch {
    case listen(Listener)
    case cgi
    /// Nobody said where requests come from: time for the usage text.
    case none

    /// Looks at, in this order, `--listen`'s value, LISTEN_FDS, descriptor 0 and GATEWAY_INTERFACE.
    ///
    /// - Parameters:
    ///   - listen: `unix:PATH` or `tcp:ADDRESS:PORT`, if it was given
    ///   - environment: the process's own
    ///   - process: whom LISTEN_PID must name, <https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html>
    package static func detect(
        listen: String?, environment: Parameters, process: Int32 = getpid()
    ) throws(ListenerError) -> Launch {
        if let listen { return .listen(try Listener(listen)) }
        if case .bytes(Int(process)) = ContentLength(environment["LISTEN_PID"]), let count = environment["LISTEN_FDS"] {
            guard case .bytes(let count) = ContentLength(count), (1...64).contains(count) else { throw .noSockets }
            let names = (environment["LISTEN_FDNAMES"] ?? []).split(
                separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            return .listen(try Listener(inherited: (0..<Int32(count)).map { 3 + $0 }, names: names))
        }
        if Listener.isListening(0) { return .listen(try Listener(inherited: [0])) }
        return environment["GATEWAY_INTERFACE"] == nil ? .none : .cgi
    }
}

extension Parameters {
    /// The process's own environment, as it was when this is called.
    package static var ofProcess: Parameters { unsafe Parameters(environment: environ) }
}
