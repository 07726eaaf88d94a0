internal import S3Authorization

/// Which sections and keys there are, and what each may hold.
struct ConfigurationSections {
    let reader: ConfigurationReader

    /// Nil where something is wrong, which the reader then knows.
    func read() -> Configuration? {
        let server = server()
        let identity = identity()
        let s3 = s3()
        let uploads = uploads()
        let storage = StorageSection(section: reader.section("storage")).read()
        let base = rules(reader.section("rules"), over: Configuration.Rules())
        let profiles = profiles(over: base)
        let hook = HookSection(section: reader.section("hook")).read()
        let events = EventsSection(section: reader.section("events")).read(profiles)
        let browserCredentials = BrowserCredentialsSection(section: reader.section("browser_credentials")).read(s3)
        let receiptSecret = reader.section("receipt").secretFile("secret_file", atLeast: 32)
        let quotas = QuotasSection(section: reader.section("quotas")).read()
        let log = OperationsSection.log(reader.section("log"))
        let operations = OperationsSection.read(reader.section("operations"))
        reader.reportUnknown()
        let checks = CrossChecks(reader: reader)
        checks.server(server, identity, hook)
        checks.receipt(receiptSecret, server)
        QuotaChecks(reader: reader).quotas(quotas, base, profiles, identity, lends: browserCredentials != nil)
        QuotaChecks(reader: reader).shadows(base, profiles)
        checks.withoutStorage(base, profiles, hook, receiptSecret, events)
        guard let s3 else { return nil }
        if let browserCredentials { checks.browserCredentials(browserCredentials, server, identity, uploads, hook) }
        checks.endpoints(s3, uploads)
        checks.versions(base, profiles, s3)
        guard let uploads else { return nil }
        checks.buckets(s3, uploads, storage)
        return Configuration(
            server: server, identity: identity, s3: s3, uploads: uploads, storage: storage, rules: base,
            profiles: profiles, hook: hook, receiptSecret: receiptSecret, events: events,
            browserCredentials: browserCredentials, quotas: quotas, log: log, operations: operations)
    }

    private func server() -> Configuration.Server {
        let section = reader.section("server")
        var server = Configuration.Server()
        section.set(&server.url, "url") { value throws(WrongValue) in
            try value.string().isEmpty ? nil : try Checks.origin(value)
        }
        section.set(&server.mount, "mount", Checks.mount)
        section.set(&server.workers, "workers") { value throws(WrongValue) in try value.integer(in: 1...1024) }
        section.set(&server.deadline, "deadline") { value throws(WrongValue) in
            try value.integer(in: 1...3600, of: "seconds")
        }
        section.set(&server.grace, "grace") { value throws(WrongValue) in
            try value.integer(in: 1...3600, of: "seconds")
        }
        section.set(&server.origins, "origins") { value throws(WrongValue) in try value.list(of: Checks.origin) }
        section.set(&server.iframeErrors, "iframe_errors") { value throws(WrongValue) in
            try value.choice(Site.IframeErrors.self)
        }
        server.secrets = section.secretLines("secret_file", atLeast: 32)
        return server
    }

    private func identity() -> Configuration.Identity {
        let section = reader.section("identity")
        var identity = Configuration.Identity()
        section.set(&identity.parameter, "parameter", Checks.identityParameter)
        section.set(&identity.anonymous, "anonymous") { value throws(WrongValue) in try value.boolean() }
        section.set(&identity.prefixCookie, "prefix_cookie", Checks.cookieName)
        return identity
    }

    private func s3() -> Configuration.S3? {
        let section = reader.section("s3")
        let endpoint = section.required("endpoint", "\"https://s3.eu-west-1.amazonaws.com\"", Checks.endpoint)
        let publicEndpoint = section.value("public_endpoint") { value throws(WrongValue) -> HTTPURL? in
            try value.string().isEmpty ? nil : try Checks.endpoint(value)
        }
        let region = section.required("region", "\"eu-west-1\"", Checks.region)
        let addressing = section.value("addressing") { value throws(WrongValue) in
            try value.choice(Configuration.S3.Addressing.self)
        }
        let authorities = section.value("ca_file", Checks.file) ?? nil
        let version = section.value("signature_version", Checks.signatureVersion)
        guard let endpoint, let region else { return nil }
        return Configuration.S3(
            endpoint: endpoint, publicEndpoint: (publicEndpoint ?? nil) ?? endpoint, region: region,
            addressing: addressing ?? .virtual, authorities: authorities, signatureVersion: version ?? .v4)
    }

    private func uploads() -> Configuration.Uploads? {
        let section = reader.section("uploads")
        let bucket = section.required("bucket", "\"example-uploads\"", Checks.bucket)
        let acl = section.value("acl", Checks.acl)
        let credentials = section.credentials(isRequired: true)
        var uploads = Configuration.Uploads(
            bucket: bucket ?? "", acl: acl ?? .private,
            credentials: credentials ?? .aws)
        section.set(&uploads.key, "key", Checks.uploadKeyTemplate)
        section.set(&uploads.ticketExpiresAfter, "ticket_expires_after") { value throws(WrongValue) in
            try value.integer(in: 1...31_536_000, of: "seconds")
        }
        return bucket != nil && credentials != nil ? uploads : nil
    }

    private func rules(
        _ section: ConfigurationSection, over base: Configuration.Rules
    ) -> Configuration.Rules {
        var rules = base
        section.set(&rules.maxSize, "max_size") { value throws(WrongValue) in try value.byteSize(in: 1...(5 << 40)) }
        section.set(&rules.types, "types") { value throws(WrongValue) in try value.list(of: Checks.mediaType) }
        section.set(&rules.signatureVersions, "signature_versions") { value throws(WrongValue) in
            let versions = try value.list(of: Checks.signatureVersion)
            guard !versions.isEmpty else { throw WrongValue("must not be empty; write [2, 4] or [4]") }
            return versions
        }
        section.set(&rules.expiresAfter, "expires_after") { value throws(WrongValue) in
            try value.integer(in: 1...604_800, of: "seconds")
        }
        section.set(&rules.redirects, "redirects") { value throws(WrongValue) in try value.list(of: Checks.redirect) }
        section.set(&rules.keyCharacters, "key_characters") { value throws(WrongValue) in
            try value.choice(Configuration.Rules.KeyCharacters.self)
        }
        section.set(&rules.storageClasses, "storage_classes") { value throws(WrongValue) in
            try value.list(of: Checks.storageClass)
        }
        section.set(&rules.encryption, "encryption") { value throws(WrongValue) in
            try value.list { item throws(WrongValue) in try item.choice(Configuration.Rules.Encryption.self) }
        }
        section.set(&rules.encryptionKeyIDs, "encryption_key_ids") { value throws(WrongValue) in
            try value.list(of: Checks.encryptionKeyID)
        }
        section.set(&rules.bodyLimit, "body_limit") { value throws(WrongValue) in
            try value.byteSize(in: (1 << 10)...(16 << 20))
        }
        section.set(&rules.inspect, "inspect") { value throws(WrongValue) in try value.boolean() }
        section.set(&rules.delete, "delete") { value throws(WrongValue) in try value.boolean() }
        section.set(&rules.session, "session") { value throws(WrongValue) in try value.boolean() }
        section.set(&rules.method, "method") { value throws(WrongValue) in
            try value.choice(Configuration.Rules.UploadMethod.self)
        }
        section.set(&rules.completeOnMultipart, "complete_on_multipart") { value throws(WrongValue) in
            try value.boolean()
        }
        QuotasSection.read(&rules, section)
        return rules
    }

    private func profiles(over base: Configuration.Rules) -> [String: Configuration.Rules] {
        var profiles: [String: Configuration.Rules] = [:]
        guard let tables = reader.members(["profiles"]) else {
            if reader.holds("profiles") { reader.report([], "profiles", "must be sections: [profiles.NAME]") }
            return profiles
        }
        for name in tables.keys.sorted() {
            guard case .table? = tables[name] else {
                reader.report(["profiles"], name, "must be a section: [profiles.NAME]")
                continue
            }
            if name == Configuration.defaultProfile {
                reader.report(["profiles", name], "", "the default profile is [rules]; write its keys there")
            } else if !Checks.isToken(name, and: "-_", 1...64) {
                reader.report(["profiles", name], "", "must be a name of letters, digits, \"-\" and \"_\"")
            }
            profiles[name] = rules(reader.section("profiles", name), over: base)
        }
        // Rules that are on trial by [rules] do not take that over: they would be on trial by themselves.
        if let shadow = base.shadow, reader.given(["profiles", shadow], "shadow") == nil {
            profiles[shadow]?.shadow = nil
        }
        return profiles
    }
}
