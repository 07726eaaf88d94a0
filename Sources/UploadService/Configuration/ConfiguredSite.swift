package import S3Authorization
package import S3Client

extension Site {
    /// The site that a checked configuration describes; with what a site before it had: keys that were found, where
    /// this one has them found too, and the permits, of which there are so many however many sites there are.
    package init(
        _ configuration: Configuration, _ surroundings: Surroundings, found: (any CredentialsProvider)? = nil,
        permits: Permits? = nil
    ) throws(ConfigurationError) {
        let s3 = configuration.s3
        let endpoint = try Endpoint(configured: s3.publicEndpoint)
        let providers = ConfiguredCredentials(configuration, surroundings.ofS3, found: found)
        let uploadsProvider = try providers.uploads()
        self.init(
            mount: configuration.server.mount == "/" ? "" : ByteString(configuration.server.mount),
            credentials: uploadsProvider, endpoint: endpoint,
            addressing: s3.addressing == .path ? .path : .virtual,
            rules: Profile(name: "default", configuration.rules, configuration))
        url = configuration.server.url
        origins = configuration.server.origins
        iframeErrors = configuration.server.iframeErrors
        identityParameter = configuration.identity.parameter
        prefixCookie = configuration.identity.prefixCookie
        publicPages = configuration.operations.pages
        if configuration.identity.anonymous { anonymous = AnonymousCookie(secrets: configuration.server.secrets) }
        tickets = TicketKeys(secrets: configuration.server.secrets)
        let transport = CurlTransport(authorities: s3.authorities, stopwatch: surroundings.stopwatch)
        let permits = permits ?? Permits(configuration.server.workers - 4)
        uploads = try UploadsDesk(configuration, credentials: uploadsProvider, transport, permits, surroundings)
        browserCredentials = try BrowserCredentialsDesk(
            configuration, credentials: uploadsProvider, transport, permits, surroundings)
        hook = configuration.siteHook(transport, permits, surroundings)
        storage = try configuration.storage.map { storage throws(ConfigurationError) in
            let provider = try providers.storage(storage, beside: uploadsProvider)
            return try StorageDesk(
                storage, configuration, credentials: provider, transport, permits, surroundings)
        }
        storage?.hook = hook
        events = configuration.events.map { configured in
            var events = EventsDesk()
            (events.tokens, events.signatures) = (configured.tokens, configured.signatures)
            events.profile = configured.profile.map { ByteString($0) }
            return events
        }
        for (name, rules) in configuration.profiles {
            profiles[ByteString(name)] = Profile(name: ByteString(name), rules, configuration)
        }
        quotas = configuration.quotaLedger(surroundings)
        rules.shadow = configuration.rules.shadow.flatMap { profiles[ByteString($0)] }.map { Shadow($0) }
        for (name, configured) in configuration.profiles {
            guard let shadow = configured.shadow.map({ ByteString($0) }) else { continue }
            let trial = shadow == rules.name ? rules : profiles[shadow]
            profiles[ByteString(name)]?.shadow = trial.map { Shadow($0) }
        }
    }
}

extension Endpoint {
    package init(configured url: HTTPURL) throws(ConfigurationError) {
        do throws(Endpoint.Invalid) {
            self = try Endpoint(parsing: ByteString(url.description))
        } catch {
            throw ConfigurationError(key: "s3.endpoint", "is no endpoint: \(error)")
        }
    }
}

extension ConfigurationError {
    init(key: String, _ message: String) {
        self.init(problems: [ConfigurationProblem(place: .environment, key: key, message: message)])
    }
}

extension Site.Profile {
    fileprivate init(name: ByteString, _ configured: Configuration.Rules, _ configuration: Configuration) {
        let uploads = configuration.uploads
        var rules = UploadRules(
            bucket: ByteString(uploads.bucket), region: ByteString(configuration.s3.region),
            maximumSize: UInt64(configured.maxSize))
        rules.acl = uploads.acl.map { ByteString($0.rawValue) }
        rules.contentTypes = configured.types.compactMap(ContentTypePattern.init)
        rules.keyCharacters = configured.keyCharacters == .strict ? .strict : .unicode
        rules.signatureVersions = Self.versions(configured, configuration.s3)
        rules.expiresAfter = Int64(configured.expiresAfter)
        rules.redirects = configured.redirects
        rules.storageClasses = configured.storageClasses.map { ByteString($0) }
        rules.encryptionKeyIDs = configured.encryptionKeyIDs.map { ByteString($0) }
        rules.encryptions = configured.encryption.map { ByteString($0.rawValue) }
        self.init(name: name, rules: rules)
        bodyLimit = configured.bodyLimit
        inspects = configured.inspect
        allowsDeletion = configured.delete
        allowsListing = configured.session
        method = configured.method == .put || configured.method == .auto && configuration.s3.knowsNoForms ? .put : .post
        completesAtOnce = configured.completeOnMultipart
        quota.requests = UInt64(configured.quotaRequests)
        quota.bytes = UInt64(configured.quotaBytes)
        quota.window = Int64(configured.quotaWindow)
        quota.openUploads = configured.quotaOpenUploads
    }

    /// Those configured, without version 2 where Amazon's region never took it.
    private static func versions(_ rules: Configuration.Rules, _ s3: Configuration.S3) -> Set<SignatureVersion> {
        var versions = Set(rules.signatureVersions.compactMap { SignatureVersion(rawValue: $0.rawValue) })
        if s3.publicEndpoint.isAmazon && !CrossChecks.regionsWithVersion2.contains(s3.region) { versions.remove(.v2) }
        return versions
    }
}

extension Configuration.S3 {
    /// Stores that answer a form with 501: Cloudflare's R2 and Backblaze's B2.
    ///
    /// <https://github.com/CapSoftware/cap/issues/1684>, <https://www.backblaze.com/b2/docs/s3_compatible_api.html>
    private static let hostsWithoutForms = [".r2.cloudflarestorage.com", ".backblazeb2.com"]

    var knowsNoForms: Bool {
        [endpoint, publicEndpoint].contains { url in
            Self.hostsWithoutForms.contains { url.host.description.hasSuffix($0) }
        }
    }
}
