import Synchronization

/// Since when one worker has been in the hands of a request's handler; looked at by others, without a lock.
final class WorkerClock: Sendable {
    /// Milliseconds of the monotonic clock; 0 where the worker waits.
    private let start = Atomic<Int>(0)
    /// The start of the request that it was last reported for.
    private let reported = Atomic<Int>(0)

    func begin() { start.store(Clock.now(), ordering: .relaxed) }

    func end() { start.store(0, ordering: .relaxed) }

    var isBusy: Bool { start.load(ordering: .relaxed) != 0 }

    func isHung(now: Int, after limit: Duration) -> Bool {
        let start = start.load(ordering: .relaxed)
        return start != 0 && now - start > limit.milliseconds
    }

    /// Milliseconds that a request has hung for, told once for each.
    func newlyHung(now: Int, after limit: Duration) -> Int? {
        guard isHung(now: now, after: limit) else { return nil }
        let start = start.load(ordering: .relaxed)
        return reported.exchange(start, ordering: .relaxed) == start ? nil : now - start
    }
}
