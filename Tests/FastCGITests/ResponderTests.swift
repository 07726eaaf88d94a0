import Glibc
import Synchronization
import Testing

@testable import FastCGI

/// A responder on a socket of its own, that answers with the body it got.
final class Desk: Sendable {
    let path: String
    let responder: Responder
    let called = Atomic<Int>(0)
    private let result = Locked<Responder.Drain?>(nil)
    let events = Locked<[Event]>([])

    init(
        workers: Int = 4, limits: Limits = Limits(), manager: ServiceManager = ServiceManager(),
        handler: (@Sendable (Request) -> Response)? = nil
    ) throws {
        path = temporaryDirectory() + "/s"
        let listener = try Listener("unix:" + path)
        let box = Box()
        responder = try Responder(
            workers: workers, limits: limits,
            handler: { request in
                box.desk.withLock { $0 }?.called.add(1, ordering: .relaxed)
                return handler?(request) ?? Response(status: 200, body: request.body)
            },
            event: { event in box.desk.withLock { $0 }?.events.withLock { $0.append(event) } }, manager: manager
        )
        box.desk.withLock { $0 = self }
        _ = Thread.start { [self] in
            let drain = try? responder.run(listener)
            result.withLock { $0 = drain }
            box.desk.withLock { $0 = nil }
        }
    }

    private final class Box: Sendable { let desk = Locked<Desk?>(nil) }

    func peer() throws -> Peer { try #require(Peer(path)) }

    /// How it ended; nil where it has not, after so long.
    func stop(milliseconds: Int = 60_000) -> Responder.Drain? {
        responder.stop()
        let end = Clock.now() + milliseconds
        while Clock.now() < end {
            if let drain = result.withLock({ $0 }) { return drain }
            usleep(2000)
        }
        return nil
    }
}

@Suite(.timeLimit(.minutes(5))) struct ResponderTests {
    @Test func answersOnKeptConnectionManyTimes() throws {
        let desk = try Desk()
        let peer = try desk.peer()
        for number in 0..<1000 {
            peer.send(post("n\(number)"))
            try #require(peer.text().hasSuffix("\r\n\r\nn\(number)"))
        }
        #expect(desk.called.load(ordering: .relaxed) == 1000)
        #expect(desk.stop() == .complete)
    }

    @Test func pipelinedRequestsAreEachAnswered() throws {
        let desk = try Desk()
        let peer = try desk.peer()
        peer.send(post("one") + post("two"))
        var bytes: [UInt8] = []
        while desk.called.load(ordering: .relaxed) < 2 || !String(decoding: bytes, as: UTF8.self).contains("two") {
            let chunk = peer.receive(milliseconds: 2000).bytes
            try #require(!chunk.isEmpty)
            bytes += chunk
        }
        #expect(String(decoding: bytes, as: UTF8.self).contains("one"))
        #expect(desk.stop() == .complete)
    }

    @Test func closesWithoutKeep() throws {
        let desk = try Desk()
        let peer = try desk.peer()
        peer.send(request(keep: false))
        #expect(peer.text().hasPrefix("Status: 200"))
        #expect(peer.receive().isClosed)
        #expect(desk.stop() == .complete)
    }

    @Test func idleConnectionsCostNoThread() throws {
        var limits = Limits()
        limits.idle = .seconds(600)
        limits.grace = .seconds(600)
        let desk = try Desk(workers: 4, limits: limits)
        let idle = try (0..<150).map { _ in try desk.peer() }
        let kept = try (0..<150).map { _ in
            let peer = try desk.peer()
            peer.send(request())
            try #require(peer.text().hasPrefix("Status: 200"))
            return peer
        }
        let peer = try desk.peer()
        peer.send(request())
        #expect(peer.text().hasPrefix("Status: 200"))
        #expect(idle.count + kept.count == 300)
        #expect(desk.stop() == .complete)
    }

    /// One peer for each place at which a request can be cut.
    private static func halfSent(to desk: Desk) throws -> [Peer] {
        let whole = post("hello")
        return try (1..<whole.count).map { length in
            let peer = try desk.peer()
            peer.send(Array(whole[..<length]))
            return peer
        }
    }

    @Test func halfSentRequestsCostNoThread() throws {
        var limits = Limits()
        limits.request = .seconds(600)
        limits.grace = .zero
        let desk = try Desk(workers: 2, limits: limits)
        let cut = try Self.halfSent(to: desk)
        let peer = try desk.peer()
        peer.send(request(keep: false))
        #expect(peer.text().hasPrefix("Status: 200"))
        #expect(peer.receive().isClosed)
        #expect(desk.called.load(ordering: .relaxed) == 1)
        #expect(desk.stop() == .abandoned(cut.count))
    }

    @Test func halfSentRequestsEnd() throws {
        var limits = Limits()
        limits.request = .milliseconds(500)
        let desk = try Desk(workers: 2, limits: limits)
        for peer in try Self.halfSent(to: desk) {
            let text = peer.text()
            #expect(text.isEmpty || text.hasPrefix("Status: 408"))
            #expect(peer.receive().isClosed)
        }
        #expect(desk.called.load(ordering: .relaxed) == 0)
        #expect(desk.stop() == .complete)
    }

    @Test func dripFeedIsCutAtTheDeadline() throws {
        var limits = Limits()
        limits.request = .milliseconds(400)
        let desk = try Desk(workers: 1, limits: limits)
        let peer = try desk.peer()
        for byte in request([("REQUEST_METHOD", "GET"), ("X", String(repeating: "x", count: 1000))]) {
            guard peer.send([byte]) else { break }
            usleep(20_000)
        }
        #expect(peer.receive().isClosed)
        #expect(desk.called.load(ordering: .relaxed) == 0)
        #expect(desk.stop() == .complete)
    }

    static let refused: [([UInt8], Int)] = [
        (post("hello", length: "4"), 400), (post("hello", length: "6"), 400), (post("hello", length: "-5"), 400),
        (post("hello", length: ""), 411), (request([("REQUEST_METHOD", "POST")], body: "x"), 411),
        (request([("REMOTE_USER", "sam")]), 400), (request([("REQUEST_METHOD", "GET /")]), 400),
        (request([("REQUEST_METHOD", "")]), 400), (request([("REQUEST_METHOD", "GET"), ("A=", "b")]), 400),
        (request([("REQUEST_METHOD", "GET"), ("REMOTE_USER", "sam\0x")]), 400),
        (request([("REQUEST_METHOD", "GET"), ("REMOTE_USER", "sam"), ("REMOTE_USER", "frodo")]), 400),
        (post("hello", [("CONTENT_LENGTH", "4")]), 400), (post("hello", length: "70000"), 413),
        (post("hello", length: "99999999999999999999"), 400), (request([]), 400),
    ]

    @Test(arguments: refused)
    func refusedWithoutHandler(_ bytes: [UInt8], _ status: Int) throws {
        let desk = try Desk()
        let peer = try desk.peer()
        peer.send(bytes)
        #expect(peer.text().hasPrefix("Status: \(status) "))
        #expect(desk.called.load(ordering: .relaxed) == 0)
        #expect(desk.stop() == .complete)
    }

    static let dropped: [([UInt8], Event)] = [
        (begin(role: 2), Event.unsupportedRole(2)), (begin(role: 0), .unsupportedRole(0)),
        (begin() + record(4, [200]) + record(4), .brokenRecord),
        (begin() + record(4, [5, 5, 65]) + record(4), .brokenRecord),
        (begin() + record(5), .brokenRecord), (begin() + begin(), .brokenRecord), (record(4), .brokenRecord),
        (begin() + record(2), .cutOff), (Array("GET / HTTP/1.0\r\n\r\n".utf8), .notFastCGI),
        (record(1, [0, 1, 1, 0, 0, 0, 0]), .brokenRecord),
        ([[UInt8]](repeating: record(9, [], id: 0), count: 17).flatMap { $0 }, .managementFlood),
    ]

    @Test(arguments: dropped)
    func droppedWithoutHandler(_ bytes: [UInt8], _ event: Event) throws {
        let desk = try Desk()
        let peer = try desk.peer()
        peer.send(bytes)
        while !peer.receive().isClosed {}
        #expect(desk.events.withLock { $0 } == [event])
        #expect(desk.called.load(ordering: .relaxed) == 0)
        #expect(desk.stop() == .complete)
    }

    @Test func tooLargeABodyIsAnsweredEarly() throws {
        let desk = try Desk()
        let peer = try desk.peer()
        peer.send(begin() + record(4, pairs([("REQUEST_METHOD", "POST")])) + record(4))
        let chunk = record(5, [UInt8](repeating: 120, count: 60_000))
        for _ in 0..<8 where !peer.send(chunk) { break }
        #expect(peer.text().hasPrefix("Status: 413 "))
        #expect(desk.stop() == .complete)
    }

    @Test func valuesAreAnsweredOnceEach() throws {
        let desk = try Desk()
        let peer = try desk.peer()
        peer.send(record(9, pairs([("FCGI_MPXS_CONNS", "")] + (0..<50).map { _ in ("FCGI_MPXS_CONNS", "") }), id: 0))
        peer.send(request())
        let bytes = peer.receive().bytes
        #expect(Array(bytes.prefix(8 + 18)) == record(10, [15, 1] + Array("FCGI_MPXS_CONNS0".utf8), id: 0))
        #expect(desk.stop() == .complete)
    }

    @Test func drainAnswersWhatIsInFlight() throws {
        let desk = try Desk(handler: { _ in
            usleep(300_000)
            return Response(status: 200, body: [UInt8](repeating: 65, count: 100_000))
        })
        let peer = try desk.peer()
        peer.send(request())
        usleep(100_000)
        #expect(desk.stop() == .complete)
        #expect(peer.text().utf8.count > 100_000)
        #expect(Peer(desk.path) == nil)
    }

    @Test func drainEndsWithStuckHandlersAndPeers() throws {
        let gate = Atomic<Bool>(false)
        var limits = Limits()
        limits.grace = .milliseconds(300)
        let desk = try Desk(
            workers: 1, limits: limits,
            handler: { _ in
                while !gate.load(ordering: .acquiring) { usleep(1000) }
                return Response(status: 200)
            })
        let peer = try desk.peer()
        peer.send(request())
        usleep(50_000)
        #expect(desk.stop() == .abandoned(1))
        gate.store(true, ordering: .releasing)
    }

    @Test func peerThatDoesNotReadLosesItsAnswer() throws {
        var limits = Limits()
        limits.answer = .seconds(1)
        let desk = try Desk(
            workers: 1, limits: limits,
            handler: { request in
                Response(status: 200, body: [UInt8](repeating: 65, count: request.body.isEmpty ? 4_000_000 : 1))
            })
        let deaf = try desk.peer()
        deaf.send(request())
        let peer = try desk.peer()
        peer.send(post("x"))
        #expect(peer.text().hasPrefix("Status: 200"))
        #expect(desk.events.withLock { $0 } == [.answerLost])
        #expect(desk.stop() == .complete)
    }

    @Test func crowdIsServedInTurn() throws {
        var limits = Limits()
        limits.connections = 8
        let desk = try Desk(limits: limits)
        let peers = try (0..<40).map { _ in
            let peer = try desk.peer()
            peer.send(request())
            return peer
        }
        for peer in peers { #expect(peer.text().hasPrefix("Status: 200")) }
        #expect(desk.stop() == .complete)
    }
}
