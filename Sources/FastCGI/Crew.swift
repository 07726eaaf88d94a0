import CFastCGI
import Synchronization

/// Which worker waits for what comes: one leads, which is to sleep in epoll and to serve what wakes it, and the others
/// rest. To wake a thread for each request would cost more than to sign it.
///
/// Where the leader has not come back to epoll by the next tick, another takes the lead, and who has lost it serves on
/// while there is something to serve. So what takes long holds up the rest for a tick at most, and as many work as there
/// is work for.
final class Crew: Sendable {
    let poller: Poller
    private let bench: Bench
    /// How long the leader may serve before another looks after the rest, in nanoseconds.
    private let patience: Int
    /// Even while the leader sleeps in epoll, odd while it serves.
    private let turn = Atomic<Int>(1)
    /// Whether a tick is to come; one always is where the leader serves.
    private let isTicking = Atomic<Bool>(false)

    /// What one worker knows of its own place.
    struct Place {
        /// The turn in which it leads.
        fileprivate var turn: Int?
    }

    init(patience: Duration) throws(ListenerError) {
        poller = try Poller()
        bench = try Bench()
        self.patience = max(patience.milliseconds, 1) * 1_000_000
    }

    /// The next thing for a worker to do; nil when it is time to stop.
    func next(_ place: inout Place) -> Poller.Readiness? {
        if let turn = place.turn, advance(turn) { return lead(turn + 1, &place) }
        place.turn = nil
        while true {
            let readiness = poller.wait(milliseconds: 0)
            guard case .nothing = readiness else { return readiness }
            let turn = turn.load(ordering: .sequentiallyConsistent)
            if Self.isServing(turn), advance(turn) { return lead(turn + 1, &place) }
            guard rest() else { return nil }
        }
    }

    private func lead(_ turn: Int, _ place: inout Place) -> Poller.Readiness? {
        let readiness = poller.wait(milliseconds: -1)
        self.turn.store(turn + 1, ordering: .sequentiallyConsistent)
        place.turn = turn + 1
        if !isTicking.load(ordering: .sequentiallyConsistent) { tick(in: patience) }
        return readiness
    }

    /// Until the leader serves at a tick; false when it is time to stop.
    private func rest() -> Bool {
        while bench.rest() {
            isTicking.store(false, ordering: .sequentiallyConsistent)
            guard isLeaderServing else { continue }
            tick(in: patience)
            return true
        }
        return false
    }

    /// To be called by a worker that is about to wait for something else: another looks after what comes, now.
    func letAnotherLead() {
        if isLeaderServing { tick(in: 1) }
    }

    private func tick(in nanoseconds: Int) {
        isTicking.store(true, ordering: .sequentiallyConsistent)
        bench.tick(in: nanoseconds)
    }

    private var isLeaderServing: Bool { Self.isServing(turn.load(ordering: .sequentiallyConsistent)) }

    private static func isServing(_ turn: Int) -> Bool { turn & 1 == 1 }

    /// To the next turn, if this one lasts; it is then this worker's.
    private func advance(_ turn: Int) -> Bool {
        self.turn.compareExchange(expected: turn, desired: turn + 1, ordering: .sequentiallyConsistent).exchanged
    }

    /// Ends every `next`, now and from now on.
    func stop() {
        poller.stop()
        bench.stop()
    }
}

// MARK: The calling thread

extension Crew {
    /// Runs `work` as one of this crew's workers.
    func employ(_ work: () -> Void) {
        unsafe countersign_set_employer(Unmanaged.passUnretained(self).toOpaque())
        work()
        countersign_set_employer(nil)
    }

    /// The crew that the calling thread works for.
    fileprivate static var employer: Crew? {
        unsafe countersign_employer().map { unsafe Unmanaged<Crew>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension Responder {
    /// Tells that the calling thread, if it is a worker, waits for somebody else from here on: another is to look after
    /// what comes. Without it they would wait with it, for `Limits.lead` at most.
    package static func standAside() { Crew.employer?.letAnotherLead() }
}
