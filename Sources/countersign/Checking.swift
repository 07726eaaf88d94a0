internal import UploadService

/// `countersign check`: like `nginx -t`.
struct Checking {
    let configurationFile: String?

    func run() -> ExitStatus {
        do throws(ConfigurationError) {
            let loaded = try load()
            try loaded.configuration.loadInspector(of: Site(loaded.configuration, .real))
            let warnings = loaded.warnings + [try loaded.configuration.checkQuotas()].compactMap { $0 }
            for warning in warnings {
                Terminal.complain("warning: \(warning)")
            }
            Terminal.say("\(loaded.file ?? "the environment"): the configuration is fine")
            return .success
        } catch {
            Terminal.complain("\(error)")
            return .configuration
        }
    }

    func load() throws(ConfigurationError) -> Configuration.Loaded {
        try Configuration.load(
            file: configurationFile, environment: ProcessEnvironment.ours(), readFile: ConfigurationFile.read)
    }
}
