internal import Glibc
internal import S3Authorization
internal import S3Client

/// Where the configured keys of `[uploads]` and `[storage]` come from, now and later.
struct ConfiguredCredentials {
    private let configuration: Configuration
    private let surroundings: S3Surroundings
    /// What was found before, by the same environment.
    private let known: (any CredentialsProvider)?

    init(
        _ configuration: Configuration, _ surroundings: S3Surroundings, found known: (any CredentialsProvider)? = nil
    ) {
        self.configuration = configuration
        self.surroundings = surroundings
        self.known = known
    }

    func uploads() throws(ConfigurationError) -> any CredentialsProvider {
        try provider(configuration.uploads.credentials, "uploads")
    }

    /// That of the uploads where both are to be found: it is the same key.
    func storage(
        _ storage: Configuration.Storage, beside uploads: any CredentialsProvider
    ) throws(ConfigurationError) -> any CredentialsProvider {
        if case .aws = storage.credentials, case .aws = configuration.uploads.credentials { return uploads }
        return try provider(storage.credentials, "storage")
    }

    private func provider(
        _ source: Configuration.CredentialsSource, _ section: String
    ) throws(ConfigurationError) -> any CredentialsProvider {
        switch source {
        case .configured(let configured):
            let credentials = Credentials(configured)
            if configured.secretAccessKeyFile == nil, configured.sessionTokenFile == nil {
                return StaticCredentials(credentials)
            }
            return FileCredentials(
                credentials, secretPath: configured.secretAccessKeyFile, tokenPath: configured.sessionTokenFile,
                surroundings: surroundings)
        case .aws:
            do throws(CredentialsError) {
                return try found()
            } catch {
                throw ConfigurationError(key: "\(section).credentials", "is \"aws\", but \(error)")
            }
        }
    }

    /// Those that AWS's own tools would find.
    private func found() throws(CredentialsError) -> any CredentialsProvider {
        if let known { return known }
        let environment = { (name: String) in
            unsafe getenv(name).flatMap { text in unsafe String(validatingCString: text) }
        }
        // Not the store's authorities: these services are Amazon's.
        let transport = CurlTransport(authorities: environment("AWS_CA_BUNDLE"), stopwatch: surroundings.stopwatch)
        return try StandardCredentials.provider(
            environment: environment, region: ByteString(configuration.s3.region), transport: transport,
            surroundings: surroundings, fileExists: { path in unsafe access(path, R_OK) == 0 })
    }
}

extension Credentials {
    init(_ configured: Configuration.Credentials) {
        let token = configured.sessionToken?.withBytes { bytes in
            unsafe ByteString(bytes.withUnsafeBufferPointer { unsafe Array($0) })
        }
        self.init(
            accessKeyID: ByteString(configured.accessKeyID), secret: configured.secretAccessKey, sessionToken: token)
    }
}
