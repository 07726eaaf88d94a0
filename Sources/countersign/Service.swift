internal import FastCGI
internal import UploadService

/// The responder as it runs for years: with its listener, its configuration that can change, and its operators.
struct Service {
    private let configuration: Configuration
    private let dispatcher: Dispatcher
    private let operations: OperationsDesk
    private let reloading: Reloading
    private let outbox: OutboxWorker

    init(
        _ loaded: Configuration.Loaded, _ site: Site, _ surroundings: Surroundings, load: @escaping Reloading.Load
    ) {
        configuration = loaded.configuration
        operations = OperationsDesk(version: Usage.version, started: surroundings.now())
        dispatcher = Dispatcher(site: site, surroundings: surroundings, operations: operations)
        reloading = Reloading(dispatcher, from: configuration, surroundings, load: load)
        outbox = OutboxWorker(dispatcher, surroundings)
        for warning in loaded.warnings { dispatcher.log("configuration: \(warning)", .warning) }
    }

    func run(_ listener: Listener) throws(ListenerError) -> ExitStatus {
        let responder = try Responder(
            workers: configuration.server.workers, limits: Limits(configuration), trusted: configuration.trusted,
            handler: { [dispatcher] in dispatcher.respond(to: $0) },
            refusal: { [dispatcher] in dispatcher.respond(to: $0, $1) }, event: { [dispatcher] in dispatcher.note($0) },
            reload: { [reloading, outbox] in
                defer { outbox.startWhereNeeded() }
                return reloading.run()
            }, manager: ServiceManager(environment: .ofProcess))
        operations.watch { [weak responder] in OperationsDesk.Load(responder) }
        let drain = try responder.run(
            listener, operators: try operators(listener), beside: { outbox.startWhereNeeded() })
        guard case .complete = drain else {
            dispatcher.log("the time to drain was over: \(drain)", .error)
            return .failure
        }
        return .success
    }

    /// The sockets of `[operations]`, and those of the service manager's that have their name.
    private func operators(_ listener: Listener) throws(ListenerError) -> [PlainServer] {
        let own = try configuration.operations.listen.map { address throws(ListenerError) in try Listener(address) }
        var servers: [PlainServer] = []
        for listener in [own, listener.operators].compactMap({ $0 }) {
            servers.append(try PlainServer(listener) { [dispatcher] in dispatcher.respond(toOperator: $0) })
        }
        return servers
    }
}

extension OperationsDesk.Load {
    fileprivate init(_ responder: Responder?) {
        guard let responder else {
            self.init()
            return
        }
        self.init(
            workers: responder.workers, busyWorkers: responder.busyWorkers, hungWorkers: responder.hungWorkers,
            connections: responder.connections)
        isDraining = responder.isDraining
    }
}

extension Limits {
    init(_ configuration: Configuration) {
        self.init()
        body = configuration.bodyLimit
        grace = .seconds(configuration.server.grace)
        hang = .seconds(configuration.server.deadline + configuration.server.grace)
    }
}

extension Configuration {
    /// What may come twice only with the same value.
    var trusted: [String] {
        Responder.trustedParameters + [identity.parameter, "COUNTERSIGN_PROFILE", "HTTP_COOKIE", "HTTP_AUTHORIZATION"]
    }
}
