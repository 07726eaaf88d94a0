import Glibc

/// The sockets that connections come in on.
package final class Listener: Sendable {
    package let descriptors: [Int32]
    /// The sockets that operators and their programs ask on, by the name that the service manager gave them.
    package let operators: Listener?
    /// Whether nobody else accepts from them.
    let isOurs: Bool
    private let path: UnixSocket.Path?

    private init(
        _ descriptors: [Int32], isOurs: Bool, path: UnixSocket.Path? = nil, operators: Listener? = nil
    ) throws(ListenerError) {
        self.descriptors = descriptors
        self.operators = operators
        self.isOurs = isOurs
        self.path = path
        for descriptor in descriptors {
            // Not to block where another process was faster; not to hand the socket on to what we might start.
            guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0,
                fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
            else { throw .system("fcntl", errno) }
            // Accepted connections inherit it; a UNIX domain socket does not know it.
            var on: Int32 = 1
            unsafe setsockopt(
                descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size)
            )
        }
    }

    /// A socket of our own: `unix:PATH`, mode 0660, or, only where it is asked for by name, `tcp:ADDRESS:PORT`.
    package convenience init(_ address: String) throws(ListenerError) {
        if let path = address.suffix(after: "unix:"), !path.isEmpty {
            let socket = try UnixSocket.listen(path)
            try self.init([socket.descriptor], isOurs: true, path: socket.path)
        } else if let endpoint = address.suffix(after: "tcp:") {
            try self.init([TCPSocket.listen(endpoint)], isOurs: true)
        } else {
            throw .address(address)
        }
    }

    /// What a service manager or a web server left open for us, in one or more descriptors.
    ///
    /// - Parameter names: of the descriptors, as LISTEN_FDNAMES has them; those named `operations` are for operators
    package convenience init(inherited descriptors: [Int32], names: [ByteName] = []) throws(ListenerError) {
        for descriptor in descriptors where !Self.isListening(descriptor) { throw .notListening(descriptor) }
        let isForOperators = { (index: Int) in index < names.count && names[index].elementsEqual("operations".utf8) }
        let others = descriptors.indices.filter(isForOperators).map { descriptors[$0] }
        let operators = others.isEmpty ? nil : try Listener(others, isOurs: false)
        let ours = descriptors.indices.filter { !isForOperators($0) }.map { descriptors[$0] }
        guard !ours.isEmpty else { throw .noSockets }
        try self.init(ours, isOurs: false, operators: operators)
    }

    package typealias ByteName = ArraySlice<UInt8>

    static func isListening(_ descriptor: Int32) -> Bool {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value != 0
    }

    /// Takes our path out of the file system, unless another socket has it by now.
    func unlink() { path?.unlink() }

    package func close() {
        unlink()
        for descriptor in descriptors { Glibc.close(descriptor) }
    }
}

extension String {
    /// What follows `prefix`, which is ASCII; compared as bytes.
    func suffix(after prefix: String) -> String? {
        guard utf8.starts(with: prefix.utf8) else { return nil }
        return String(self[utf8.index(startIndex, offsetBy: prefix.utf8.count)...])
    }
}
