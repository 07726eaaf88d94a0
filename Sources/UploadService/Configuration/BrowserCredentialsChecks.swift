internal import S3Authorization

extension CrossChecks {
    /// What a key in a browser can do without us, and who sees it on its way.
    func browserCredentials(
        _ lent: Configuration.BrowserCredentials, _ server: Configuration.Server, _ identity: Configuration.Identity,
        _ uploads: Configuration.Uploads?, _ hook: Configuration.Hook?
    ) {
        let section = reader.section("browser_credentials")
        if let hook, hook.authorize {
            section.report(
                "role_arn",
                "stands beside hook.authorize = true; a browser with a key of its own uploads without asking the hook first, so keep one of them"
            )
        }
        if lent.endpoint.scheme == .http, !lent.endpoint.isLoopback {
            section.warn(
                "endpoint", "\(quoted(lent.endpoint.origin)) is not encrypted: whoever sees the traffic has the keys")
        }
        for url in [server.url].compactMap({ $0 }) + server.origins where url.scheme == .http && !url.isLoopback {
            section.warn(
                "role_arn",
                "lends keys to pages of \(quoted(url.origin)), which is not encrypted: whoever sees the traffic has the keys"
            )
        }
        if identity.anonymous {
            section.warn("role_arn", "and identity.anonymous = true give anybody in the world a key")
        }
        if !reader.section("storage").isPresent {
            section.warn(
                "role_arn", "without [storage]: nothing ever looks at the size and the type of what such a key uploads")
        }
        if case .aws? = uploads?.credentials, lent.duration > 3600 {
            section.warn(
                "duration",
                "is \(lent.duration), but Amazon lets a role that assumes another role have it for 3600 seconds at most"
            )
        }
    }
}
