import Glibc

@testable import FastCGI

/// A web server's end of one connection, that can say anything.
final class Peer {
    let descriptor: Int32

    init?(_ path: String) {
        let family = UInt16(AF_UNIX)
        var address = [UInt8(family & 255), UInt8(family >> 8)] + Array(path.utf8)
        address += [UInt8](repeating: 0, count: 110 - address.count)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let isConnected = unsafe address.withUnsafeBytes { bytes in
            unsafe connect(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), 110) == 0
        }
        guard isConnected else {
            Glibc.close(descriptor)
            return nil
        }
    }

    deinit { Glibc.close(descriptor) }

    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    /// Up to FCGI_END_REQUEST, the end of the connection, or the time; what came, and whether the connection ended.
    func receive(milliseconds: Int = 30_000) -> (bytes: [UInt8], isClosed: Bool) {
        var received: [UInt8] = []
        let end = Clock.now() + milliseconds
        while !Self.isEnded(received) {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&ready, 1, Int32(max(0, end - Clock.now()))) > 0 else { return (received, false) }
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return (received, true) }
            received += chunk[..<count]
        }
        return (received, false)
    }

    /// All up to the end of the connection.
    func received(milliseconds: Int = 30_000) -> [UInt8] {
        var received: [UInt8] = []
        let end = Clock.now() + milliseconds
        while true {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard unsafe poll(&ready, 1, Int32(max(0, end - Clock.now()))) > 0 else { return received }
            var chunk = [UInt8](repeating: 0, count: 65536)
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { return received }
            received += chunk[..<count]
        }
    }

    /// The CGI response's text, without its records.
    func text(milliseconds: Int = 30_000) -> String {
        let bytes = receive(milliseconds: milliseconds).bytes
        var content: [UInt8] = []
        var offset = 0
        while offset + 8 <= bytes.count {
            let length = Int(bytes[offset + 4]) << 8 | Int(bytes[offset + 5])
            if bytes[offset + 1] == 6 { content += bytes[(offset + 8)..<(offset + 8 + length)] }
            offset += 8 + length + Int(bytes[offset + 6])
        }
        return String(decoding: content, as: UTF8.self)
    }

    private static func isEnded(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset + 8 <= bytes.count {
            if bytes[offset + 1] == 3 { return true }
            offset += 8 + Int(bytes[offset + 4]) << 8 + Int(bytes[offset + 5]) + Int(bytes[offset + 6])
        }
        return false
    }
}

func record(_ type: UInt8, _ content: [UInt8] = [], id: UInt8 = 1) -> [UInt8] {
    [1, type, 0, id, UInt8(content.count >> 8), UInt8(content.count & 255), 0, 0] + content
}

func begin(role: UInt8 = 1, keep: Bool = true) -> [UInt8] { record(1, [0, role, keep ? 1 : 0, 0, 0, 0, 0, 0]) }

func pairs(_ pairs: [(String, String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, value) in pairs {
        for length in [name.utf8.count, value.utf8.count] {
            bytes += length < 128 ? [UInt8(length)] : [0x80, 0, UInt8(length >> 8), UInt8(length & 255)]
        }
        bytes += Array(name.utf8) + Array(value.utf8)
    }
    return bytes
}

func request(
    _ parameters: [(String, String)] = [("REQUEST_METHOD", "GET")], body: String = "", keep: Bool = true
) -> [UInt8] {
    let stdin = body.isEmpty ? [] : record(5, Array(body.utf8))
    let params = parameters.isEmpty ? [] : record(4, pairs(parameters))
    return begin(keep: keep) + params + record(4) + stdin + record(5)
}

func post(_ body: String, length: String? = nil, _ more: [(String, String)] = []) -> [UInt8] {
    request([("REQUEST_METHOD", "POST"), ("CONTENT_LENGTH", length ?? String(body.utf8.count))] + more, body: body)
}
