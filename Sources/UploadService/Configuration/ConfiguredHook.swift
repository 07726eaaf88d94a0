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
    func siteHook(_ transport: any Transport, _ permits: Permits, _ surroundings: Surroundings) -> SiteHook? {
        hook.map { configured in
            var site = SiteHook(
                configured.make(transport: transport, stopwatch: surroundings.stopwatch), permits: permits)
            site.asksFirst = configured.authorize
            site.forwardedHeaders = ForwardedHeaders(configured.forwardHeaders)
            site.deadline = Int64(server.deadline) * 1000
            site.outbox = configured.spool.map {
                Outbox(
                    SpoolFolder($0), accepts: configured.whenDown == .accept,
                    giveUpAfter: Int64(configured.giveUpAfter))
            }
            return site
        }
    }
}
