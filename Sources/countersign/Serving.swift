internal import FastCGI
internal import Glibc
internal import UploadService

/// `countersign serve`: answers requests from wherever the program was started to get them.
struct Serving {
    let configurationFile: String?

    func run(listen: String?) -> ExitStatus {
        do {
            let launch = try Launch.detect(listen: listen, environment: .ofProcess)
            if case .none = launch {
                Terminal.complain("nobody said where requests come from\n\n\(Usage.text)")
                return .usage
            }
            let loaded = try Checking(configurationFile: configurationFile).load()
            let site = try Site(loaded.configuration, .real)
            let dispatcher = Dispatcher(site: site, surroundings: .real)
            switch launch {
            case .cgi: return answerOnce(dispatcher, loaded.configuration)
            case .listen(let listener):
                try loaded.configuration.loadInspector(of: site)
                for warning in loaded.warnings {
                    Terminal.complain("warning: \(warning)")
                }
                return try serve(listener, dispatcher, loaded.configuration)
            case .none: return .usage
            }
        } catch {
            Terminal.complain("\(error)")
            return error is ConfigurationError ? .configuration : .failure
        }
    }

    private func serve(
        _ listener: Listener, _ dispatcher: Dispatcher, _ configuration: Configuration
    ) throws(ListenerError) -> ExitStatus {
        let responder = try Responder(
            workers: configuration.server.workers, limits: limits(configuration), trusted: trusted(configuration),
            handler: { dispatcher.respond(to: $0) }, refusal: { dispatcher.respond(to: $0, $1) },
            event: { dispatcher.log("\($0)") })
        let drain = try responder.run(listener)
        guard case .complete = drain else {
            Terminal.complain("the time to drain was over: \(drain)")
            return .failure
        }
        return .success
    }

    private func answerOnce(_ dispatcher: Dispatcher, _ configuration: Configuration) -> ExitStatus {
        let isAnswered = CGI.serve(
            limits: limits(configuration), trusted: trusted(configuration), handler: { dispatcher.respond(to: $0) },
            refusal: { dispatcher.respond(to: $0, $1) })
        return isAnswered ? .success : .failure
    }

    private func limits(_ configuration: Configuration) -> Limits {
        var limits = Limits()
        limits.body = configuration.bodyLimit
        limits.grace = .seconds(configuration.server.grace)
        return limits
    }

    private func trusted(_ configuration: Configuration) -> [String] {
        Responder.trustedParameters + [configuration.identity.parameter, "COUNTERSIGN_PROFILE", "HTTP_COOKIE"]
    }
}
