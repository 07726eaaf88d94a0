internal import S3Authorization
internal import S3Client

extension StorageDesk {
    init(
        _ storage: Configuration.Storage, _ configuration: Configuration, credentials: any CredentialsProvider,
        _ transport: any Transport, _ permits: Permits, _ surroundings: Surroundings
    ) throws(ConfigurationError) {
        let s3 = configuration.s3
        guard let template = StorageKeyTemplate(storage.key) else {
            throw ConfigurationError(key: "storage.key", "is no template of a key")
        }
        let client = try S3Client(configured: s3, credentials, transport, surroundings)
        self.init(
            client: client, uploads: ByteString(configuration.uploads.bucket), bucket: ByteString(storage.bucket),
            template: template, claims: ByteString(storage.claims), permits: permits)
        headers = storage.headers
        partCopyThreshold = Int64(storage.partCopyThreshold)
        deadline = Int64(configuration.server.deadline) * 1000
        receipt = configuration.receiptSecret.map { Receipt(secret: $0) }
        inspector = configuration.inspector()
    }
}

extension Configuration.Storage {
    /// What every stored object gets.
    fileprivate var headers: [HeaderField] {
        let values: [(ByteString, String?)] = [
            ("x-amz-acl", acl?.rawValue), ("x-amz-storage-class", storageClass),
            ("x-amz-server-side-encryption", encryption?.rawValue),
            ("x-amz-server-side-encryption-aws-kms-key-id", encryptionKeyID),
        ]
        return values.compactMap { name, value in value.map { HeaderField(name, ByteString($0)) } }
    }
}

extension Surroundings {
    /// Every failed try of ours is a line in the log, with S3's code and request id.
    var ofS3: S3Surroundings {
        S3Surroundings(
            now: now, stopwatch: stopwatch, random: random,
            observe: { [self] attempt in
                metrics.count(attempt)
                guard let failure = attempt.failure, !failure.isExpected else { return }
                note(.warning) { line in
                    line.add("event", word: "s3")
                    line.add("operation", attempt.operation.rawValue)
                    line.add("try", attempt.number)
                    line.add("failure", failure.text(of: attempt.operation == .assumeRole ? "STS" : "S3"))
                    line.add("ms", microseconds: attempt.duration)
                }
            },
            skew: { [self] seconds in
                note(.warning) { line in
                    line.add("event", "the clock of S3 is \(seconds) s ahead of ours: set this machine's clock")
                }
            },
            notice: { [self] text in note(.warning) { $0.add("event", text) } })
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
