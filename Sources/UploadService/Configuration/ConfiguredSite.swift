internal import S3Authorization
internal import S3Client

extension Site {
    /// The site that a checked configuration describes.
    package init(_ configuration: Configuration, _ surroundings: Surroundings) throws(ConfigurationError) {
        let s3 = configuration.s3
        let endpoint = try Endpoint(configured: s3.publicEndpoint)
        let uploads = configuration.uploads
        self.init(
            mount: configuration.server.mount == "/" ? "" : ByteString(configuration.server.mount),
            credentials: Credentials(uploads.credentials), endpoint: endpoint,
            addressing: s3.addressing == .path ? .path : .virtual,
            rules: Profile(name: "default", configuration.rules, configuration))
        url = configuration.server.url
        origins = configuration.server.origins
        iframeErrors = configuration.server.iframeErrors
        identityParameter = configuration.identity.parameter
        prefixCookie = configuration.identity.prefixCookie
        if configuration.identity.anonymous, let secret = configuration.server.secret {
            anonymous = AnonymousCookie(secret: secret)
        }
        storage = try configuration.storage.map { storage throws(ConfigurationError) in
            try StorageDesk(storage, configuration, surroundings)
        }
        for (name, rules) in configuration.profiles {
            profiles[ByteString(name)] = Profile(name: ByteString(name), rules, configuration)
        }
    }
}

extension Endpoint {
    fileprivate init(configured url: HTTPURL) throws(ConfigurationError) {
        do throws(Endpoint.Invalid) {
            self = try Endpoint(parsing: ByteString(url.description))
        } catch {
            throw ConfigurationError(key: "s3.endpoint", "is no endpoint: \(error)")
        }
    }
}

extension StorageDesk {
    fileprivate init(
        _ storage: Configuration.Storage, _ configuration: Configuration, _ surroundings: Surroundings
    ) throws(ConfigurationError) {
        let s3 = configuration.s3
        guard let template = StorageKeyTemplate(storage.key) else {
            throw ConfigurationError(key: "storage.key", "is no template of a key")
        }
        let endpoint = try Endpoint(configured: s3.endpoint)
        let transport = CurlTransport(stopwatch: surroundings.stopwatch)
        let client: S3Client
        do throws(CredentialScope.Invalid) {
            client = try S3Client(
                endpoint: endpoint, addressing: s3.addressing == .path ? .path : .virtual,
                region: ByteString(s3.region), credentials: StaticCredentials(Credentials(storage.credentials)),
                transport: transport, surroundings: surroundings.ofS3)
        } catch {
            throw ConfigurationError(key: "s3.region", "can be no part of a signature: \(error)")
        }
        self.init(
            client: client, uploads: ByteString(configuration.uploads.bucket), bucket: ByteString(storage.bucket),
            template: template, claims: ByteString(storage.claims), permits: Permits(configuration.server.workers - 4))
        if let acl = storage.acl { headers.append(HeaderField("x-amz-acl", ByteString(acl.rawValue))) }
        deadline = Int64(configuration.server.deadline) * 1000
        hook = configuration.hook?.make(transport: transport, stopwatch: surroundings.stopwatch)
        asksFirst = configuration.hook?.authorize ?? false
        forwardedHeaders = ForwardedHeaders(configuration.hook?.forwardHeaders ?? [])
        receipt = configuration.receiptSecret.map { Receipt(secret: $0) }
        inspector = try configuration.inspector()
    }
}

extension Surroundings {
    /// Every failed try of ours is a line in the log, with S3's code and request id.
    fileprivate var ofS3: S3Surroundings {
        S3Surroundings(
            now: now, stopwatch: stopwatch, random: random,
            observe: { [log] attempt in
                guard let failure = attempt.failure, !failure.isExpected else { return }
                var line = LogLine()
                line.add("event", word: "s3")
                line.add("operation", attempt.operation.rawValue)
                line.add("try", attempt.number)
                line.add("failure", "\(failure)")
                line.add("ms", microseconds: attempt.duration)
                log(line.bytes)
            },
            skew: { [log] seconds in
                var line = LogLine()
                line.add("event", "the clock of S3 is \(seconds) s ahead of ours: set this machine's clock")
                log(line.bytes)
            })
    }
}

extension S3Error {
    /// An answer that completion asks for, not a fault.
    fileprivate var isExpected: Bool {
        switch self {
        case .preconditionFailed: true
        case .notFound(let code): !code.is("NoSuchBucket")
        default: false
        }
    }
}

extension ConfigurationError {
    fileprivate init(key: String, _ message: String) {
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
        rules.encryptions = configured.encryption.map { ByteString($0.rawValue) }
        self.init(name: name, rules: rules)
        bodyLimit = configured.bodyLimit
        inspects = configured.inspect
        allowsDeletion = configured.delete
    }

    /// Those configured, without version 2 where Amazon's region never took it.
    private static func versions(_ rules: Configuration.Rules, _ s3: Configuration.S3) -> Set<SignatureVersion> {
        var versions = Set(rules.signatureVersions.compactMap { SignatureVersion(rawValue: $0.rawValue) })
        if s3.publicEndpoint.isAmazon && !CrossChecks.regionsWithVersion2.contains(s3.region) { versions.remove(.v2) }
        return versions
    }
}

extension Credentials {
    fileprivate init(_ configured: Configuration.Credentials) {
        let token = configured.sessionToken?.withBytes { bytes in
            unsafe ByteString(bytes.withUnsafeBufferPointer { unsafe Array($0) })
        }
        self.init(
            accessKeyID: ByteString(configured.accessKeyID), secret: configured.secretAccessKey, sessionToken: token)
    }
}
