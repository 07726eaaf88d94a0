internal import S3Authorization

/// `[events]`: who may say that an upload is there.
struct EventsSection {
    let section: ConfigurationSection

    /// Nil where there is no section, or where something is wrong with it.
    func read(_ profiles: [String: Configuration.Rules]) -> Configuration.Events? {
        let tokens = section.secretLines("token_file", atLeast: 32)
        let secrets = section.secretLines("secret_file", atLeast: 32)
        let profile = section.value("profile") { value throws(WrongValue) -> String? in
            let name = try value.string()
            if name.isEmpty || name == Configuration.defaultProfile { return nil }
            guard profiles[name] != nil else {
                throw WrongValue("\(quoted(name)) is no profile; there are [rules] and [profiles.NAME]")
            }
            return name
        }
        let isBroken = ["token_file", "secret_file"].contains { section.hasProblem($0) }
        guard section.isPresent, !isBroken else { return nil }
        guard !tokens.isEmpty || !secrets.isEmpty else {
            section.report("token_file", "is missing, and so is secret_file; one of them says who may send events")
            return nil
        }
        for token in tokens where !token.isVisible {
            section.report("token_file", "holds a token with other than visible ASCII characters")
            return nil
        }
        var signatures: [WebhookSignature] = []
        for secret in secrets {
            guard let signature = WebhookSignature(secret: secret) else {
                section.report(
                    "secret_file", "holds a secret that begins with whsec_ and goes on with what is not Base 64")
                return nil
            }
            signatures.append(signature)
        }
        return Configuration.Events(tokens: tokens, signatures: signatures, profile: profile ?? nil)
    }
}

extension Secret {
    fileprivate var isVisible: Bool {
        withBytes { bytes in
            for index in bytes.indices where !(0x21...0x7e).contains(bytes[index]) { return false }
            return true
        }
    }
}
