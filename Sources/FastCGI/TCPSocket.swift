import Glibc

/// A TCP socket, for the operator who asks for one: whoever can connect to it is trusted like the web server.
enum TCPSocket {
    /// `endpoint` is an IPv4 address, or an IPv6 address in brackets, a colon and a port; no host names.
    static func listen(_ endpoint: String) throws(ListenerError) -> Int32 {
        let bytes = Array(endpoint.utf8)
        guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
            let port = UInt16(String(decoding: bytes[(colon + 1)...], as: UTF8.self)), port > 0
        else { throw .address("tcp:" + endpoint) }
        var host = bytes[..<colon]
        if host.first == UInt8(ascii: "["), host.last == UInt8(ascii: "]") { host = host.dropFirst().dropLast() }
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard !host.isEmpty,
            unsafe getaddrinfo(String(decoding: host, as: UTF8.self), String(port), &hints, &found) == 0,
            let address = unsafe found
        else { throw .address("tcp:" + endpoint) }
        defer { unsafe freeaddrinfo(address) }

        let descriptor = unsafe socket(
            address.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", errno) }
        var on: Int32 = 1
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard unsafe bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0,
            Glibc.listen(descriptor, SOMAXCONN) == 0
        else {
            let code = errno
            close(descriptor)
            throw .system("listening on tcp:\(endpoint)", code)
        }
        return descriptor
    }
}
