internal import S3Authorization
internal import S3Client

extension UploadsDesk {
    init(
        _ configuration: Configuration, credentials: any CredentialsProvider, _ transport: any Transport,
        _ permits: Permits, _ surroundings: Surroundings
    ) throws(ConfigurationError) {
        let (s3, uploads) = (configuration.s3, configuration.uploads)
        guard let template = StorageKeyTemplate(uploads.key) else {
            throw ConfigurationError(key: "uploads.key", "is no template of a key")
        }
        self.init(
            client: try S3Client(configured: s3, credentials, transport, surroundings), template: template,
            permits: permits)
        ticketLifetime = Int64(uploads.ticketExpiresAfter)
        deadline = Int64(configuration.server.deadline) * 1000
    }
}

extension S3Client {
    /// Calls the endpoint that we, not browsers, use.
    init(
        configured s3: Configuration.S3, _ credentials: any CredentialsProvider, _ transport: any Transport,
        _ surroundings: Surroundings
    ) throws(ConfigurationError) {
        let endpoint = try Endpoint(configured: s3.endpoint)
        do throws(CredentialScope.Invalid) {
            try self.init(
                endpoint: endpoint, addressing: s3.addressing == .path ? .path : .virtual,
                region: ByteString(s3.region), signatureVersion: s3.signatureVersion == .v2 ? .v2 : .v4,
                credentials: credentials, transport: transport, surroundings: surroundings.ofS3)
        } catch {
            throw ConfigurationError(key: "s3.region", "can be no part of a signature: \(error)")
        }
    }
}
