internal import S3Authorization

/// What must hold between keys, and what is allowed but unwise.
struct CrossChecks {
    let reader: ConfigurationReader

    /// The only regions that ever took signature version 2: all later ones are version 4 only.
    /// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
    static let regionsWithVersion2 = [
        "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
        "sa-east-1", "us-gov-west-1",
    ]

    func server(
        _ server: Configuration.Server, _ identity: Configuration.Identity, _ hook: Configuration.Hook?
    ) {
        let section = reader.section("server")
        if server.workers < 5 {
            section.warn(
                "workers", "is \(server.workers); 4 are kept for signing, so completing an upload needs 5 or more")
        }
        if identity.anonymous, server.secrets.isEmpty, !section.hasProblem("secret_file") {
            section.report("secret_file", "is missing, and identity.anonymous = true needs it to sign its cookie")
        }
        if identity.parameter.hasPrefix("HTTP_") {
            reader.section("identity").warn(
                "parameter",
                "\(quoted(identity.parameter)) is a header that any client can send; the web server must always set or empty it"
            )
        }
        if let hook, hook.timeout >= server.deadline {
            reader.section("hook").report(
                "timeout", "is \(hook.timeout); it must be less than server.deadline, which is \(server.deadline)")
        }
    }

    func receipt(_ secret: Secret?, _ server: Configuration.Server) {
        guard let secret, server.secrets.contains(secret) else { return }
        reader.section("receipt").report(
            "secret_file", "holds the secret of server.secret_file; the site knows this one, and must not know that one"
        )
    }

    func endpoints(_ s3: Configuration.S3, _ uploads: Configuration.Uploads?) {
        let section = reader.section("s3")
        var keys = [("endpoint", s3.endpoint)]
        if s3.publicEndpoint != s3.endpoint { keys.append(("public_endpoint", s3.publicEndpoint)) }
        for (key, url) in keys {
            if url.scheme == .http, !url.isLoopback {
                section.warn(
                    key, "\(quoted("\(url)")) is not encrypted: whoever sees the traffic can use what is signed")
            }
            if s3.addressing == .virtual, url.isAddress {
                section.report(
                    key,
                    "\(quoted("\(url.host)")) is an address, before which no bucket's name can stand; set addressing = \"path\""
                )
            }
            if let uploads, url.isAmazon, url.host.hasPrefix(ByteString(uploads.bucket + ".")) {
                section.report(key, "holds the bucket's name; write the host without it")
            }
            if let region = url.amazonRegion, region != s3.region {
                section.warn(
                    "region", "is \(quoted(s3.region)), but \(key) is in \(quoted(region)); S3 refuses the signatures")
            }
        }
    }

    func buckets(_ s3: Configuration.S3, _ uploads: Configuration.Uploads, _ storage: Configuration.Storage?) {
        if let storage, storage.bucket == uploads.bucket {
            reader.section("storage").report(
                "bucket", "is the uploads bucket; what is trusted must be kept in another than what anybody may write")
        }
        for (name, bucket) in [("uploads", uploads.bucket), ("storage", storage?.bucket ?? "")]
        where s3.addressing == .virtual && s3.publicEndpoint.scheme == .https && bucket.contains(".") {
            reader.section(name).warn(
                "bucket", "\(quoted(bucket)) has a dot, which certificates for *.\(s3.publicEndpoint.host) do not cover"
            )
        }
    }

    /// What only completing an upload makes use of.
    func withoutStorage(
        _ base: Configuration.Rules, _ profiles: [String: Configuration.Rules], _ hook: Configuration.Hook?,
        _ receipt: Secret?, _ events: Configuration.Events?
    ) {
        guard !reader.section("storage").isPresent else { return }
        let reason = "has no effect without [storage], because nothing is completed"
        let sections = profiles.sorted { $0.key < $1.key }
            .map { (reader.section("profiles", $0.key), $0.value, base) }
        for (section, rules, other) in [(reader.section("rules"), base, Configuration.Rules())] + sections {
            if rules.delete, !other.delete { section.warn("delete", reason) }
            if rules.inspect, !other.inspect { section.warn("inspect", reason) }
            if rules.completeOnMultipart, !other.completeOnMultipart { section.warn("complete_on_multipart", reason) }
        }
        if receipt != nil { reader.section("receipt").warn("secret_file", reason) }
        if let events { reader.section("events").warn(events.tokens.isEmpty ? "secret_file" : "token_file", reason) }
        // One that is asked beforehand has enough to do.
        guard let hook, !hook.authorize else { return }
        let isCommand = if case .run = hook.action { true } else { false }
        reader.section("hook").warn(isCommand ? "command" : "url", reason)
    }

    func versions(_ base: Configuration.Rules, _ profiles: [String: Configuration.Rules], _ s3: Configuration.S3) {
        versions(base, reader.section("rules"), s3)
        for (name, rules) in profiles.sorted(by: { $0.key < $1.key })
        where rules.signatureVersions != base.signatureVersions {
            versions(rules, reader.section("profiles", name), s3)
        }
    }

    private func versions(_ rules: Configuration.Rules, _ section: ConfigurationSection, _ s3: Configuration.S3) {
        guard rules.signatureVersions.contains(.v2), s3.publicEndpoint.isAmazon,
            !Self.regionsWithVersion2.contains(s3.region)
        else { return }
        section.warn(
            "signature_versions",
            "Amazon's region \(quoted(s3.region)) never took version 2; write [4], and in Fine Uploader signature: {version: 4}"
        )
    }
}

extension HTTPURL {
    /// Whether it is Amazon's own S3.
    package var isAmazon: Bool {
        [".amazonaws.com", ".amazonaws.com.cn"].contains { host.description.hasSuffix($0) }
    }

    /// The region in `s3.REGION.amazonaws.com`, `s3-REGION.…` and `s3.dualstack.REGION.…`.
    fileprivate var amazonRegion: String? {
        let host = host.description
        guard isAmazon, host.hasPrefix("s3.") || host.hasPrefix("s3-") else { return nil }
        var labels = host.dropFirst(3).split(separator: ".").map { String($0) }
        if labels.first == "dualstack" { labels.removeFirst() }
        guard let region = labels.first, region.split(separator: "-").count >= 3 else { return nil }
        return region
    }
}
