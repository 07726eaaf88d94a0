import Glibc
import Synchronization
import Testing

@testable import FastCGI

/// Who serves what, while others wait.
@Suite(.timeLimit(.minutes(5))) struct CrewTests {
    /// A desk whose workers have all looked for work once, and rest.
    private static func desk(
        workers: Int = 4, lead: Duration, handler: @escaping @Sendable (Request) -> Response
    ) throws -> Desk {
        var limits = Limits()
        limits.lead = lead
        let desk = try Desk(workers: workers, limits: limits, handler: handler)
        usleep(200_000)
        return desk
    }

    /// Opens once, for all who wait.
    private final class Gate: Sendable {
        private let isOpen = Atomic<Bool>(false)
        let waiting = Atomic<Int>(0)

        func wait() {
            waiting.add(1, ordering: .sequentiallyConsistent)
            while !isOpen.load(ordering: .sequentiallyConsistent) { usleep(1000) }
        }

        func open() { isOpen.store(true, ordering: .sequentiallyConsistent) }

        func holds(_ count: Int) -> Bool {
            let end = Clock.now() + 30_000
            while Clock.now() < end {
                if waiting.load(ordering: .sequentiallyConsistent) == count { return true }
                usleep(1000)
            }
            return false
        }
    }

    /// What is sent at once is served by one, or by its successor: no thread is woken for what another will soon see. A
    /// worker that starts late finds something to do, too, but hardly ever.
    @Test func fewServeWhatIsQuick() throws {
        let served = Locked<[pthread_t: Int]>([:])
        let desk = try Self.desk(
            workers: 8, lead: .seconds(10),
            handler: { _ in
                served.withLock { $0[pthread_self(), default: 0] += 1 }
                return Response(status: 200)
            })
        let peers = try (0..<8).map { _ in try desk.peer() }
        for _ in 0..<50 {
            for peer in peers { peer.send(request()) }
            for peer in peers { try #require(peer.text().hasPrefix("Status: 200")) }
        }
        let counts = served.withLock { $0.values.sorted(by: >) }
        #expect(counts.reduce(0, +) == 400)
        #expect(counts.prefix(2).reduce(0, +) >= 360, "\(counts)")
        #expect(desk.stop() == .complete)
    }

    @Test func allAreBusyWhereAllAreNeeded() throws {
        let gate = Gate()
        let desk = try Self.desk(
            workers: 8, lead: .milliseconds(1),
            handler: { _ in
                gate.wait()
                return Response(status: 200)
            })
        let peers = try (0..<9).map { _ in
            let peer = try desk.peer()
            peer.send(request())
            return peer
        }
        #expect(gate.holds(8))
        usleep(50_000)
        #expect(gate.waiting.load(ordering: .sequentiallyConsistent) == 8)
        gate.open()
        for peer in peers { #expect(peer.text().hasPrefix("Status: 200")) }
        #expect(desk.stop() == .complete)
    }

    @Test func whatTakesLongHoldsUpTheRestForATickAtMost() throws {
        let gate = Gate()
        let desk = try Self.desk(
            lead: .seconds(1),
            handler: { request in
                if !request.body.isEmpty { gate.wait() }
                return Response(status: 200)
            })
        let slow = try desk.peer()
        slow.send(post("slow"))
        #expect(gate.holds(1))
        let start = Clock.now()
        let quick = try desk.peer()
        for _ in 0..<100 {
            quick.send(request())
            try #require(quick.text().hasPrefix("Status: 200"))
        }
        #expect(Clock.now() - start < 30_000, "not a tick for each")
        gate.open()
        #expect(slow.text().hasPrefix("Status: 200"))
        #expect(desk.stop() == .complete)
    }

    @Test func whoStandsAsideHoldsUpNobody() throws {
        let gate = Gate()
        let desk = try Self.desk(
            lead: .seconds(600),
            handler: { request in
                if !request.body.isEmpty {
                    Responder.standAside()
                    gate.wait()
                }
                return Response(status: 200)
            })
        let slow = try (0..<3).map { number in
            let peer = try desk.peer()
            peer.send(post("slow"))
            #expect(gate.holds(number + 1))
            return peer
        }
        let quick = try desk.peer()
        quick.send(request())
        #expect(quick.text().hasPrefix("Status: 200"))
        gate.open()
        for peer in slow { #expect(peer.text().hasPrefix("Status: 200")) }
        #expect(desk.stop() == .complete)
    }

    /// Whoever is no worker may say so too.
    @Test func strangersMayStandAside() { Responder.standAside() }

    /// The lead changes at any moment, and nothing is left lying.
    @Test func noEventIsLost() throws {
        let turn = Atomic<Int>(0)
        let desk = try Self.desk(
            workers: 5, lead: .milliseconds(1),
            handler: { _ in
                let number = turn.add(1, ordering: .relaxed).newValue
                if number % 3 == 0 { Responder.standAside() }
                if number % 2 == 0 { usleep(UInt32(number % 7) * 300) }
                return Response(status: 200)
            })
        let peers = try (0..<12).map { _ in try desk.peer() }
        for _ in 0..<150 {
            for peer in peers { peer.send(request()) }
            for peer in peers { try #require(peer.text().hasPrefix("Status: 200")) }
        }
        #expect(desk.stop() == .complete)
    }

    @Test func restEndsWithTheResponder() throws {
        let desk = try Desk(workers: 16)
        let peer = try desk.peer()
        peer.send(request())
        #expect(peer.text().hasPrefix("Status: 200"))
        #expect(desk.stop() == .complete)
    }
}
