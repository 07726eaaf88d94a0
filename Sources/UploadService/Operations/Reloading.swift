internal import FastCGI
internal import S3Client

/// SIGHUP: reads the configuration and its secrets again, and takes them whole or not at all.
package struct Reloading: Sendable {
    package typealias Load = @Sendable () throws(ConfigurationError) -> Configuration.Loaded

    private let dispatcher: Dispatcher
    private let surroundings: Surroundings
    /// What the process was started with.
    private let first: Configuration
    private let current: Locked<Configuration>
    private let load: Load

    package init(
        _ dispatcher: Dispatcher, from configuration: Configuration, _ surroundings: Surroundings, load: @escaping Load
    ) {
        self.dispatcher = dispatcher
        self.surroundings = surroundings
        self.load = load
        first = configuration
        current = Locked(configuration)
    }

    /// One line that says how it went. Requests under way keep what they began with.
    package func run() -> String {
        do throws(ConfigurationError) {
            let loaded = try load()
            let configuration = loaded.configuration
            try checkWhatIsFixed(configuration)
            let last = current.withLock { $0 }
            let found = dispatcher.site.foundCredentials(last, for: configuration)
            let site = try Site(
                configuration, surroundings, found: found, permits: dispatcher.site.uploads?.permits)
            try configuration.loadInspector(of: site)
            try configuration.prepareQuotas(of: site)
            dispatcher.replace(site)
            surroundings.style.adopt(configuration.log)
            current.withLock { $0 = configuration }
            report(loaded)
            return "Serving; the configuration was read again"
        } catch {
            dispatcher.noteReload(isGood: false)
            for problem in error.problems {
                surroundings.note(.error) { line in
                    line.add("event", "the new configuration is not used, the old one stays")
                    line.add("problem", problem.description)
                }
            }
            return "Serving with the old configuration: the new one is wrong"
        }
    }

    private func report(_ loaded: Configuration.Loaded) {
        dispatcher.noteReload(isGood: true)
        surroundings.note(.info) { line in
            line.add("event", "the configuration was read again")
            line.add("from", loaded.file ?? "the environment")
        }
        for warning in loaded.warnings {
            surroundings.note(.warning) { line in
                line.add("event", word: "configuration")
                line.add("warning", warning)
            }
        }
        let waiting = changesForARestart(loaded.configuration)
        guard !waiting.isEmpty else { return }
        surroundings.note(.warning) { line in
            line.add("event", "some keys change with a restart only")
            line.add("keys", waiting.joined(separator: ", "))
        }
    }

    /// Whom to believe is settled with the first connection.
    private func checkWhatIsFixed(_ new: Configuration) throws(ConfigurationError) {
        guard new.identity.parameter != first.identity.parameter else { return }
        throw ConfigurationError(key: "identity.parameter", "can be changed by a restart only")
    }

    private func changesForARestart(_ new: Configuration) -> [String] {
        let changes = [
            ("server.workers", new.server.workers != first.server.workers),
            ("server.grace", new.server.grace != first.server.grace),
            ("server.deadline", new.server.deadline > first.server.deadline),
            ("rules.body_limit", new.bodyLimit > first.bodyLimit),
            ("operations.listen", new.operations.listen != first.operations.listen),
        ]
        return changes.filter(\.1).map(\.0)
    }
}

extension Site {
    /// The keys that AWS's services handed out, where the same ones would be looked for again: these may be out of order.
    fileprivate func foundCredentials(_ old: Configuration, for new: Configuration) -> (any CredentialsProvider)? {
        guard old.s3.region == new.s3.region else { return nil }
        if case .aws = old.uploads.credentials { return credentials }
        if case .aws? = old.storage?.credentials { return storage?.client.credentials }
        return nil
    }
}
