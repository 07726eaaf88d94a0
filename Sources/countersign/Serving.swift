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
            var surroundings = Surroundings.real
            surroundings.style = LogStyle(destination(launch))
            surroundings.style.adopt(loaded.configuration.log)
            let site = try Site(loaded.configuration, surroundings)
            switch launch {
            case .cgi:
                let operations = OperationsDesk(isAlone: true)
                let dispatcher = Dispatcher(site: site, surroundings: surroundings, operations: operations)
                return answerOnce(dispatcher, loaded.configuration)
            case .listen(let listener):
                try loaded.configuration.loadInspector(of: site)
                try loaded.configuration.prepareQuotas(of: site)
                return try Service(
                    loaded, site, surroundings,
                    load: { () throws(ConfigurationError) in
                        try Checking(configurationFile: configurationFile).load()
                    }
                ).run(listener)
            case .none: return .usage
            }
        } catch {
            Terminal.complain("\(error)")
            return error is ConfigurationError ? .configuration : .failure
        }
    }

    /// Whom our standard error goes to; a web server that starts us writes the time itself.
    private func destination(_ launch: Launch) -> LogStyle.Destination {
        if StandardError.isJournal { return .journal }
        if case .listen(let listener) = launch, listener.descriptors != [0] { return .plain }
        return .stamped
    }

    private func answerOnce(_ dispatcher: Dispatcher, _ configuration: Configuration) -> ExitStatus {
        let isAnswered = CGI.serve(
            limits: Limits(configuration), trusted: configuration.trusted, handler: { dispatcher.respond(to: $0) },
            refusal: { dispatcher.respond(to: $0, $1) })
        return isAnswered ? .success : .failure
    }
}
