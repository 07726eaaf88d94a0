import Glibc
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// Microseconds of the real monotonic clock.
@Sendable func realStopwatch() -> Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}

extension Deadline {
    static func within(milliseconds: Int64) -> Deadline { Deadline(milliseconds: milliseconds, after: realStopwatch()) }
}

extension HookEvent {
    static func make(
        _ kind: Kind = .completed, data: ByteString = #"{"key":"frodo/1"}"#, headers: [HeaderField] = []
    ) -> HookEvent {
        HookEvent(kind: kind, id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", time: testTime, data: data, headers: headers)
    }
}

extension WebhookSignature {
    static func make() throws -> WebhookSignature {
        try #require(WebhookSignature(secret: Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")))
    }
}

extension HookVerdict {
    /// The reason for the log, of a verdict that is none.
    var reason: String? {
        if case .undecided(let reason) = self { reason } else { nil }
    }

    var members: [String: String]? {
        guard case .accepted(let members) = self else { return nil }
        return Dictionary(members.map { ($0.name.description, $0.json.description) }) { first, _ in first }
    }
}

/// Gives one answer and keeps what was asked.
final class OneAnswer: Transport {
    private let result: Result<HTTPAnswer, TransportError>
    private let seen = Mutex<[(request: HTTPRequest, deadline: Deadline)]>([])

    init(_ status: Int, _ body: String = "") {
        result = .success(HTTPAnswer(status: status, body: Array(body.utf8)))
    }

    init(_ error: TransportError) {
        result = .failure(error)
    }

    var requests: [(request: HTTPRequest, deadline: Deadline)] { seen.withLock { $0 } }

    func exchange(_ request: HTTPRequest, until deadline: Deadline) throws(TransportError) -> HTTPAnswer {
        seen.withLock { $0.append((request, deadline)) }
        return try result.get()
    }
}

/// A listener that reads whatever head comes and sends its bytes again and again, then stays silent.
final class LoopbackServer: Sendable {
    private let listener: Int32
    let port: UInt16
    private let sent = Atomic(0)
    private let heads = Mutex<[String]>([])

    /// On a path, or on a port of 127.0.0.1.
    init(path: String? = nil, sending bytes: String, times: Int = 1, closing: Bool = true) throws {
        let listener = socket(path == nil ? AF_INET : AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        port = try path.map { try Self.bind(listener, $0) } ?? Self.bind(listener)
        try #require(listen(listener, 8) == 0)
        let data = Array(bytes.utf8)
        try start { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                serve(connection, data, times, closing)
            }
            close(listener)
        }
    }

    var sentBytes: Int { sent.load(ordering: .relaxed) }
    var requests: [String] { heads.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)/hook" }

    /// The thread that accepts closes the descriptor: closed here, its number could be another test's by then.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func serve(_ connection: Int32, _ data: [UInt8], _ times: Int, _ closing: Bool) {
        var piece = [UInt8](repeating: 0, count: 65_536)
        var text = ""
        while !text.contains("}}") {
            let count = unsafe recv(connection, &piece, piece.count, 0)
            guard count > 0 else { break }
            text += String(decoding: piece[..<count], as: UTF8.self)
        }
        heads.withLock { $0.append(text) }
        for _ in 0..<times {
            let count = unsafe send(connection, data, data.count, Int32(MSG_NOSIGNAL))
            guard count == data.count else { break }
            sent.add(count, ordering: .relaxed)
        }
        if !closing { _ = unsafe recv(connection, &piece, 1, 0) }
        close(connection)
    }

    private func start(_ body: @escaping @Sendable () -> Void) throws {
        final class Box: Sendable {
            let run: @Sendable () -> Void
            init(_ run: @escaping @Sendable () -> Void) { self.run = run }
        }
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(Box(body))
        let status = unsafe pthread_create(
            &thread, nil,
            { box in
                guard let box = unsafe box else { return nil }
                unsafe Unmanaged<Box>.fromOpaque(box).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        try #require(status == 0)
        pthread_detach(thread)
    }

    private static func bind(_ listener: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe Glibc.bind(listener, generic, length) == 0 && getsockname(listener, generic, &length) == 0
            }
        }
        try #require(isBound)
        return UInt16(bigEndian: address.sin_port)
    }

    private static func bind(_ listener: Int32, _ path: String) throws -> UInt16 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let isBound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                unsafe Glibc.bind(listener, generic, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        try #require(isBound)
        return 0
    }
}
