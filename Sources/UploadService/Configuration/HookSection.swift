internal import S3Authorization

/// `[hook]`: a URL or a command, and how it is used.
struct HookSection {
    let section: ConfigurationSection

    /// Nil where there is no hook, or where something is wrong with it.
    func read() -> Configuration.Hook? {
        let url = section.value("url", Checks.hook) ?? nil
        let command = section.value("command", Checks.command) ?? nil
        let authorize = section.value("authorize") { value throws(WrongValue) in try value.boolean() } ?? false
        let secret = section.secretFile("secret_file")
        let timeout = section.value("timeout") { value throws(WrongValue) in
            try value.integer(in: 1...3600, of: "seconds")
        }
        let headers = section.value("forward_headers") { value throws(WrongValue) in
            try value.list(of: Checks.forwardedHeader)
        }
        let whenDown = section.value("when_down") { value throws(WrongValue) in
            try value.choice(Configuration.Hook.WhenDown.self)
        }
        let spool = section.value("spool", Checks.spool) ?? nil
        let giveUpAfter = section.value("give_up_after") { value throws(WrongValue) in
            try value.integer(in: 60...31_536_000, of: "seconds")
        }
        if whenDown == .accept, spool == nil, !section.hasProblem("spool") {
            section.report("spool", "is missing, and when_down = \"accept\" needs a folder to keep calls in")
        }
        if url != nil, command != nil {
            section.report("command", "stands beside url; keep one of them")
            return nil
        }
        guard let action = action(url, command, secret) else {
            let isBroken = ["url", "command", "secret_file"].contains { section.hasProblem($0) }
            if authorize, url == nil, !isBroken {
                section.report("url", "is missing, and authorize = true needs it")
            } else if whenDown == .accept, url == nil, !isBroken {
                section.report("url", "is missing, and when_down = \"accept\" needs it")
            }
            return nil
        }
        if command != nil, headers?.isEmpty == false {
            section.warn("forward_headers", "has no effect on a command, which gets no headers")
        }
        var hook = Configuration.Hook(
            action: action, authorize: authorize, timeout: timeout ?? 10, forwardHeaders: headers ?? [])
        hook.whenDown = whenDown ?? .retry
        hook.spool = spool
        hook.giveUpAfter = giveUpAfter ?? hook.giveUpAfter
        return hook
    }

    private func action(
        _ url: Configuration.Hook.Target?, _ command: [String]?, _ secret: Secret?
    ) -> Configuration.Hook.Action? {
        if let command { return .run(command) }
        guard let url else { return nil }
        if case .http(let url) = url, url.scheme == .http, !url.isLoopback {
            section.warn(
                "url", "\(quoted(url.origin)) is not encrypted: whoever sees the traffic can read and answer it")
        }
        guard let secret else {
            if !section.hasProblem("secret_file") {
                section.report("secret_file", "is missing; the hook's calls are signed with the secret in it")
            }
            return nil
        }
        guard let signature = WebhookSignature(secret: secret) else {
            section.report("secret_file", "holds a secret that begins with whsec_ and goes on with what is not Base 64")
            return nil
        }
        return .call(url, signature)
    }
}
