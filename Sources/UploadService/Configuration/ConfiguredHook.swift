package import S3Client

extension Configuration.Hook {
    /// The hook that calls or runs what is configured.
    package func make(transport: any Transport, stopwatch: @escaping @Sendable () -> Int64) -> any Hook {
        let milliseconds = Int64(timeout) * 1000
        switch action {
        case .call(.http(let url), let signature):
            return HTTPHook(
                url: url, signature: signature, timeout: milliseconds, forwarding: forwardHeaders,
                transport: transport, stopwatch: stopwatch)
        case .call(.unix(let socket, let url), let signature):
            return HTTPHook(
                url: url, unixSocket: socket, signature: signature, timeout: milliseconds, forwarding: forwardHeaders,
                transport: transport, stopwatch: stopwatch)
        case .run(let command):
            return CommandHook(command: command, timeout: milliseconds, stopwatch: stopwatch)
        }
    }
}

extension Configuration {
    /// What looks into uploads, where any profile wants that; throws where libmagic is missing.
    package func inspector() throws(ConfigurationError) -> Inspector? {
        let wanting = profiles.filter(\.value.inspect).keys.sorted().first
        guard rules.inspect || wanting != nil else { return nil }
        do throws(InspectionError) {
            return try Inspector()
        } catch {
            let section = rules.inspect ? "rules" : "profiles.\(wanting ?? "")"
            throw ConfigurationError(problems: [
                ConfigurationProblem(place: .environment, key: "\(section).inspect", message: "is true, but \(error)")
            ])
        }
    }
}
