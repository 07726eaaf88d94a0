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
    let crew: Crew
    let reception: Reception
    let management: Management
    private let reload: @Sendable () -> String
    private let manager: ServiceManager
    /// One for each worker.
    private let clocks: [WorkerClock]
    private let signals: Signals
    private let draining = Atomic<Bool>(false)
    private let living = Atomic<Int>(0)
    private let nextSign = Atomic<Int>(0)

    /// - Parameters:
    ///   - trusted: parameters that may come twice only with the same value
    ///   - handler: called once for each request, on any of the threads
    ///   - refusal: shapes the answer to a request that no handler may see; its parameters where they were readable
    ///   - event: told of each connection that ended without an answer
    ///   - reload: called at SIGHUP, on the thread of `run`; its answer is the service's status
    ///   - manager: told when we are ready, reload, stop, and that no worker hangs
    package init(
        workers: Int,
        limits: Limits = Limits(),
        trusted: [String] = Responder.trustedParameters,
        handler: @escaping @Sendable (Request) -> Response,
        refusal: @escaping @Sendable (Refusal, Parameters?) -> Response = { reason, _ in
            Response(status: reason.status)
        },
        event: @escaping @Sendable (Event) -> Void = { _ in },
        reload: @escaping @Sendable () -> String = { "" },
        manager: ServiceManager = ServiceManager()
    ) throws(ListenerError) {
        clocks = (0..<max(workers, 1)).map { _ in WorkerClock() }
        self.limits = limits
        self.handler = handler
        self.refusal = refusal
        self.event = event
        self.reload = reload
        self.manager = manager
        check = RequestCheck(trusted: trusted)
        crew = try Crew(patience: limits.lead)
        reception = Reception(limits, crew, event: event)
        management = Management(connections: reception.table.limit, workers: clocks.count)
        signals = try Signals()
    }

    /// Whether it was told to stop, and answers what has begun.
    package var isDraining: Bool { draining.load(ordering: .sequentiallyConsistent) }

    /// Open connections, for tests and metrics.
    package var connections: Int { reception.table.count }

    package var workers: Int { clocks.count }

    package var busyWorkers: Int { clocks.count { $0.isBusy } }

    /// Those whose handler should have come back long ago.
    package var hungWorkers: Int {
        let now = Clock.now()
        return clocks.count { $0.isHung(now: now, after: limits.hang) }
    }

    /// Begins the drain, as SIGTERM does; from any thread.
    package func stop() { signals.stop() }

    /// Serves until SIGTERM, SIGINT, SIGUSR1 or `stop()`, then drains, and closes the listener.
    ///
    /// SIGTERM, SIGINT, SIGUSR1 and SIGHUP are blocked in the calling thread and all it starts from here on; call it from
    /// the first thread, before there are others.
    ///
    /// `operators` are answered on threads of their own, from here until the drain is over.
    /// `beside` may start threads of its own, which then never see those signals.
    package func run(
        _ listener: Listener, operators: [PlainServer] = [], beside: () -> Void = {}
    ) throws(ListenerError) -> Drain {
        Signals.block()
        Thread.shareHeaps()
        for server in operators { try server.start() }
        defer { for server in operators { server.stop() } }
        FCGX_Init()
        guard FCGXRequest.readsMemory else { throw .foreignLibrary }
        try reception.open(listener.descriptors)
        for clock in clocks {
            living.add(1, ordering: .sequentiallyConsistent)
            guard Thread.start("worker", { [self] in work(clock) }) else {
                living.subtract(1, ordering: .sequentiallyConsistent)
                crew.stop()
                throw .system("pthread_create", errno)
            }
        }
        beside()
        manager.ready("Serving")
        watch()
        manager.stopping("Answering what is in flight")
        return drain(listener)
    }

    private func work(_ clock: WorkerClock) {
        crew.employ {
            var worker = Worker(self, clock)
            worker.run()
        }
        living.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// Waits for a signal; meanwhile ends what has passed its deadline, and says that we live.
    private func watch() {
        let shortest = min(limits.request, limits.answer, limits.idle, limits.hang).milliseconds
        let patience = manager.patience ?? .max
        let tick = min(max(shortest / 8, 10), max(patience / 4, 1), 1000)
        while true {
            switch signals.wait(milliseconds: tick) {
            case .stop: return
            case .reload:
                manager.reloading()
                manager.ready(reload())
            case nil: break
            }
            reportHung()
            showLife()
            reception.table.sweep(now: Clock.now())
            reception.acceptAgain()
        }
    }

    /// In time for whoever restarts what shows none.
    private func showLife() {
        let now = Clock.now()
        guard let patience = manager.patience, now >= nextSign.load(ordering: .relaxed), hungWorkers == 0 else {
            return
        }
        nextSign.store(now + patience / 3, ordering: .relaxed)
        manager.alive()
    }

    private func reportHung() {
        let now = Clock.now()
        for clock in clocks {
            guard let milliseconds = clock.newlyHung(now: now, after: limits.hang) else { continue }
            event(.workerHung(milliseconds / 1000))
            manager.status("A request hangs")
        }
    }

    private func drain(_ listener: Listener) -> Drain {
        let table = reception.table
        let end = Clock.now() + limits.grace.milliseconds
        listener.unlink()
        if listener.isOurs {
            for descriptor in listener.descriptors {
                while let connection = reception.accept(descriptor) { reception.park(connection) }
            }
        }
        draining.store(true, ordering: .sequentiallyConsistent)
        reception.shut()
        listener.close()
        // Whose connection we took has its request on the way, and no other process to turn to.
        let late = Clock.now() + 1000
        while table.count > 0, Clock.now() < end {
            table.sweep(now: Clock.now(), ending: Clock.now() < late ? [.idle] : [.idle, .fresh])
            showLife()
            _ = signals.wait(milliseconds: 10)
        }
        let abandoned = table.count
        table.abandon()
        crew.stop()
        let last = max(end, Clock.now() + 100)
        while living.load(ordering: .sequentiallyConsistent) > 0, Clock.now() < last {
            _ = signals.wait(milliseconds: 5)
        }
        let busy = max(abandoned, living.load(ordering: .sequentiallyConsistent))
        return busy == 0 ? .complete : .abandoned(busy)
    }
}
