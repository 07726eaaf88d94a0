import CFastCGI
import Glibc

/// Answers the few questions of operators and their programs over plain HTTP: GET and HEAD, one request a connection.
///
/// Apart from the workers, so that it answers even where all of these are busy. Whoever can connect may ask.
/// <https://www.rfc-editor.org/rfc/rfc9112>
package final class PlainServer: Sendable {
    /// One slow question never keeps the others waiting.
    private static let threads = 3
    /// Bytes of a request.
    private static let limit = 8192
    /// Milliseconds for a request to come, and again for its answer to go.
    private static let patience = 5000

    private let listener: Listener
    private let bell: Int32
    private let handler: @Sendable (Request) -> Response

    package init(_ listener: Listener, handler: @escaping @Sendable (Request) -> Response) throws(ListenerError) {
        self.listener = listener
        self.handler = handler
        bell = eventfd(0, Int32(EFD_CLOEXEC))
        guard bell >= 0 else { throw .system("eventfd", errno) }
    }

    deinit { close(bell) }

    func start() throws(ListenerError) {
        for _ in 0..<Self.threads where !Thread.start("operators", { [self] in work() }) {
            throw .system("pthread_create", errno)
        }
    }

    /// Each thread ends with what it is at.
    func stop() {
        _ = eventfd_write(bell, 1)
        listener.unlink()
    }

    private func work() {
        var ready = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
        ready += listener.descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            let count = unsafe poll(&ready, nfds_t(ready.count), -1)
            guard count > 0 || errno == EINTR else { return }
            guard ready[0].revents == 0 else { return }
            for socket in ready where socket.revents != 0 {
                let descriptor = countersign_accept(socket.fd)
                if descriptor >= 0 {
                    serve(descriptor)
                } else if errno != EAGAIN, errno != EINTR, errno != ECONNABORTED {
                    usleep(100_000)
                }
            }
        }
    }

    private func serve(_ descriptor: Int32) {
        let connection = Connection(descriptor, limits: Limits())
        defer { close(descriptor) }
        guard let head = receive(descriptor) else { return }
        var response: Response
        var isHead = false
        if let request = Self.request(head) {
            isHead = request.parameters.isHead
            response = handler(request)
        } else {
            response = Response(status: 400)
        }
        response.headers.append(Response.Header("Connection", "close"))
        let answer = Array("HTTP/1.1".utf8) + response.encoded(head: isHead).dropFirst("Status:".utf8.count)
        if send(answer, on: descriptor) { connection.linger() }
    }

    /// All up to the empty line; nil where it does not come in time.
    private func receive(_ descriptor: Int32) -> [UInt8]? {
        var head: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 2048)
        let end = Clock.now() + Self.patience
        while head.count < Self.limit {
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let left = end - Clock.now()
            guard left > 0, unsafe poll(&ready, 1, Int32(clamping: left)) > 0 else { return nil }
            let count = unsafe chunk.withUnsafeMutableBytes { bytes in
                unsafe recv(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
            }
            guard count > 0 else { return nil }
            head += chunk[..<count]
            if Self.holdsEmptyLine(head) { return head }
        }
        return head
    }

    private func send(_ bytes: [UInt8], on descriptor: Int32) -> Bool {
        var rest = bytes[...]
        let end = Clock.now() + Self.patience
        while !rest.isEmpty {
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let left = end - Clock.now()
            guard left > 0, unsafe poll(&ready, 1, Int32(clamping: left)) > 0 else { return false }
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func holdsEmptyLine(_ head: [UInt8]) -> Bool {
        let lines = head.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return lines.dropFirst().dropLast().contains { $0.isEmpty || $0.elementsEqual([UInt8(ascii: "\r")]) }
    }

    /// `METHOD /path[?query] HTTP/1.x`, and of the fields only Accept; nil for anything else.
    static func request(_ head: [UInt8]) -> Request? {
        guard holdsEmptyLine(head) else { return nil }
        let lines = head.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        }
        let words = lines[0].split(separator: 0x20, omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, words[0].allSatisfy(\.isTokenByte),
            words[1].first == UInt8(ascii: "/"), words[1].allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            words[2].elementsEqual("HTTP/1.1".utf8) || words[2].elementsEqual("HTTP/1.0".utf8)
        else { return nil }
        let path = words[1].prefix { $0 != UInt8(ascii: "?") }
        var parameters = [
            ("REQUEST_METHOD", words[0]), ("PATH_INFO", path), ("REQUEST_URI", words[1]),
            ("QUERY_STRING", words[1].dropFirst(path.count + 1)),
        ]
        for line in lines.dropFirst().prefix(while: { !$0.isEmpty }) {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[0].allSatisfy(\.isTokenByte) else { return nil }
            guard parts[0].elementsEqual("accept".utf8, by: { $0 | 0x20 == $1 }) else { continue }
            parameters.append(("HTTP_ACCEPT", parts[1]))
        }
        return Request(parameters: Parameters(parameters.map { ($0, String(decoding: $1, as: UTF8.self)) }))
    }
}
