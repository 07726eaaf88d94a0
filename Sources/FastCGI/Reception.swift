import CFastCGI
import Glibc
import Synchronization

/// Takes connections while there is room for them, gives them to epoll between two requests, and ends them.
final class Reception: Sendable {
    let table: ConnectionTable
    private let limits: Limits
    /// Of the limits, in milliseconds, worked out once: a `Duration` counts in 128 bits.
    private let times: (request: Int, answer: Int, idle: Int)
    private let crew: Crew
    private let event: @Sendable (Event) -> Void
    /// Set where connections wait for room; whoever ends one, or the watchdog, looks again.
    private let crowded = Atomic<Bool>(false)
    /// Empty before `open` and behind `shut`.
    private let listeners = Locked<[Int32]>([])

    init(_ limits: Limits, _ crew: Crew, event: @escaping @Sendable (Event) -> Void) {
        self.limits = limits
        self.crew = crew
        self.event = event
        times = (limits.request.milliseconds, limits.answer.milliseconds, limits.idle.milliseconds)
        table = ConnectionTable(limit: limits.connections)
    }

    func open(_ descriptors: [Int32]) throws(ListenerError) {
        for descriptor in descriptors {
            guard crew.poller.listen(descriptor) else { throw .system("epoll_ctl", errno) }
        }
        listeners.withLock { $0 = descriptors }
    }

    /// No connection is taken from here on; those that wait are another process's.
    func shut() {
        listeners.withLock { listeners in
            for descriptor in listeners { crew.poller.ignore(descriptor) }
            listeners = []
        }
    }

    /// The next connection that waits, if there is one and room for it.
    func accept(_ listener: Int32) -> Connection? {
        while true {
            guard table.hasRoom else {
                waitForRoom()
                return nil
            }
            let descriptor = countersign_accept(listener)
            guard descriptor >= 0 else {
                switch errno {
                case EINTR, ECONNABORTED: continue
                case EAGAIN: break
                default: waitForRoom()
                }
                return nil
            }
            let connection = Connection(descriptor, limits: limits)
            table.insert(connection)
            return connection
        }
    }

    /// Connections wait in the kernel until one of ours ends; the one that has been idle longest is made to.
    private func waitForRoom() {
        event(.exhausted)
        crowded.store(true, ordering: .sequentiallyConsistent)
        table.evict()
    }

    /// Looks whether connections wait that there was no room for.
    func acceptAgain() {
        guard crowded.exchange(false, ordering: .sequentiallyConsistent) else { return }
        listeners.withLock { listeners in
            for descriptor in listeners { crew.poller.relisten(descriptor) }
        }
    }

    func startReceiving(_ connection: Connection) {
        connection.phase.store(.receiving, ordering: .sequentiallyConsistent)
        connection.deadline.store(Clock.now() + times.request, ordering: .sequentiallyConsistent)
    }

    func startAnswering(_ connection: Connection) {
        connection.phase.store(.answering, ordering: .sequentiallyConsistent)
        connection.deadline.store(Clock.now() + times.answer, ordering: .sequentiallyConsistent)
    }

    /// Gives a connection back to epoll; it is another worker's from here on.
    func park(_ connection: Connection) {
        if connection.request.isUntouched {
            connection.deadline.store(Clock.now() + times.idle, ordering: .sequentiallyConsistent)
            connection.phase.store(connection.isWatched ? .idle : .fresh, ordering: .sequentiallyConsistent)
        }
        let again = connection.isWatched
        connection.isWatched = true
        connection.handOver()
        if !crew.poller.arm(connection, again: again) { table.close(connection) }
    }

    func close(_ connection: Connection) {
        table.close(connection)
        if crowded.load(ordering: .relaxed) { acceptAgain() }
    }
}
