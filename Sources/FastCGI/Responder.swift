import CFastCGI
import Glibc
import Synchronization

/// Serves FastCGI requests from a listener with a fixed number of threads, until it is told to stop.
///
/// FastCGI 1.0, section 6.2, <https://fastcgi-archives.github.io/FastCGI_Specification.html#S6.2>.
package final class Responder: Sendable {
    /// How a run ended.
    package enum Drain: Equatable, Sendable {
        /// Everything that had begun was answered.
        case complete
        /// The grace was over with so many connections, or handlers, still busy.
        case abandoned(Int)
    }

    /// What this program decides by; the configured identity parameter is to be added.
    package static let trustedParameters = [
        "REQUEST_METHOD", "CONTENT_LENGTH", "CONTENT_TYPE", "QUERY_STRING", "REQUEST_URI", "SCRIPT_NAME", "PATH_INFO",
        "DOCUMENT_URI", "REMOTE_USER", "REMOTE_ADDR", "HTTPS", "REQUEST_SCHEME", "SERVER_NAME", "HTTP_HOST",
        "HTTP_ORIGIN", "HTTP_REFERER", "HTTP_COOKIE", "HTTP_SEC_FETCH_SITE", "COUNTERSIGN_PROFILE",
    ]

    let limits: Limits
    let check: RequestCheck
    let handler: @Sendable (Request) -> Response
    let refusal: @Sendable (Refusal, Parameters?) -> Response
    let event: @Sendable (Event) -> Void
    let poller: Poller
    let management: Management
    private let reload: @Sendable () -> Void
    private let workers: Int
    private let table: ConnectionTable
    private let signals: Signals
    private let draining = Atomic<Bool>(false)
    /// Set where connections wait for room; whoever ends one, or the watchdog, looks again.
    private let crowded = Atomic<Bool>(false)
    private let listeners = Locked<[Int32]>([])
    private let living = Atomic<Int>(0)

    /// - Parameters:
    ///   - trusted: parameters that may come twice only with the same value
    ///   - handler: called once for each request, on any of the threads
    ///   - refusal: shapes the answer to a request that no handler may see; its parameters where they were readable
    ///   - event: told of each connection that ended without an answer
    ///   - reload: called at SIGHUP, on the thread of `run`
    package init(
        workers: Int,
        limits: Limits = Limits(),
        trusted: [String] = Responder.trustedParameters,
        handler: @escaping @Sendable (Request) -> Response,
        refusal: @escaping @Sendable (Refusal, Parameters?) -> Response = { reason, _ in
            Response(status: reason.status)
        },
        event: @escaping @Sendable (Event) -> Void = { _ in },
        reload: @escaping @Sendable () -> Void = {}
    ) throws(ListenerError) {
        self.workers = max(workers, 1)
        self.limits = limits
        self.handler = handler
        self.refusal = refusal
        self.event = event
        self.reload = reload
        check = RequestCheck(trusted: trusted)
        table = ConnectionTable(limit: limits.connections)
        management = Management(connections: table.limit, workers: self.workers)
        poller = try Poller()
        signals = try Signals()
    }

    var isDraining: Bool { draining.load(ordering: .sequentiallyConsistent) }

    /// Open connections, for tests and metrics.
    package var connections: Int { table.count }

    /// Begins the drain, as SIGTERM does; from any thread.
    package func stop() { signals.stop() }

    /// Serves until SIGTERM, SIGINT, SIGUSR1 or `stop()`, then drains, and closes the listener.
    ///
    /// SIGTERM, SIGINT, SIGUSR1 and SIGHUP are blocked in the calling thread and all it starts from here on; call it from
    /// the first thread, before there are others.
    package func run(_ listener: Listener) throws(ListenerError) -> Drain {
        Signals.block()
        FCGX_Init()
        guard FCGXRequest.readsMemory else { throw .foreignLibrary }
        listeners.withLock { $0 = listener.descriptors }
        for descriptor in listener.descriptors {
            guard poller.listen(descriptor) else { throw .system("epoll_ctl", errno) }
        }
        for _ in 0..<workers {
            living.add(1, ordering: .sequentiallyConsistent)
            guard Thread.start({ [self] in work() }) else {
                living.subtract(1, ordering: .sequentiallyConsistent)
                poller.stop()
                throw .system("pthread_create", errno)
            }
        }
        watch(listener)
        return drain(listener)
    }

    private func work() {
        var worker = Worker(self)
        worker.run()
        living.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// Waits for a signal; meanwhile ends what has passed its deadline.
    private func watch(_ listener: Listener) {
        let shortest = min(limits.request, limits.answer, limits.idle).milliseconds
        let tick = min(max(shortest / 8, 10), 1000)
        while true {
            switch signals.wait(milliseconds: tick) {
            case .stop: return
            case .reload: reload()
            case nil: break
            }
            table.sweep(now: Clock.now(), idle: false)
            acceptAgain()
        }
    }

    private func drain(_ listener: Listener) -> Drain {
        let end = Clock.now() + limits.grace.milliseconds
        listener.unlink()
        if listener.isOurs {
            for descriptor in listener.descriptors {
                while let connection = accept(descriptor) { park(connection) }
            }
        }
        draining.store(true, ordering: .sequentiallyConsistent)
        for descriptor in listener.descriptors { poller.ignore(descriptor) }
        listener.close()
        while table.count > 0, Clock.now() < end {
            table.sweep(now: Clock.now(), idle: true)
            _ = signals.wait(milliseconds: 10)
        }
        let abandoned = table.count
        table.abandon()
        poller.stop()
        let last = max(end, Clock.now() + 100)
        while living.load(ordering: .sequentiallyConsistent) > 0, Clock.now() < last {
            _ = signals.wait(milliseconds: 5)
        }
        let busy = max(abandoned, living.load(ordering: .sequentiallyConsistent))
        return busy == 0 ? .complete : .abandoned(busy)
    }

    // MARK: Connections

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

    func startReceiving(_ connection: Connection) {
        connection.phase.store(.receiving, ordering: .sequentiallyConsistent)
        connection.deadline.store(Clock.now() + limits.request.milliseconds, ordering: .sequentiallyConsistent)
    }

    func startAnswering(_ connection: Connection) {
        connection.phase.store(.answering, ordering: .sequentiallyConsistent)
        connection.deadline.store(Clock.now() + limits.answer.milliseconds, ordering: .sequentiallyConsistent)
    }

    /// Gives a connection back to epoll; it is another worker's from here on.
    func park(_ connection: Connection) {
        if connection.request.isUntouched {
            connection.deadline.store(Clock.now() + limits.idle.milliseconds, ordering: .sequentiallyConsistent)
            connection.phase.store(.idle, ordering: .sequentiallyConsistent)
        }
        let again = connection.isWatched
        connection.isWatched = true
        connection.handOver()
        if !poller.arm(connection, again: again) { table.close(connection) }
    }

    func close(_ connection: Connection) {
        table.close(connection)
        if crowded.load(ordering: .relaxed) { acceptAgain() }
    }

    private func acceptAgain() {
        guard crowded.exchange(false, ordering: .sequentiallyConsistent), !isDraining else { return }
        for descriptor in listeners.withLock({ $0 }) { poller.relisten(descriptor) }
    }
}
