internal import S3Authorization
internal import S3Client

extension BrowserCredentialsDesk {
    /// Nil where browsers get no keys.
    init?(
        _ configuration: Configuration, credentials: any CredentialsProvider, _ transport: any Transport,
        _ permits: Permits, _ surroundings: Surroundings
    ) throws(ConfigurationError) {
        guard let configured = configuration.browserCredentials else { return nil }
        let role: AssumeRole
        let endpoint: Endpoint
        do throws(Endpoint.Invalid) {
            endpoint = try Endpoint(parsing: ByteString(configured.endpoint.description))
        } catch {
            throw ConfigurationError(key: "browser_credentials.endpoint", "is no endpoint: \(error)")
        }
        do throws(CredentialScope.Invalid) {
            role = try AssumeRole(
                role: ByteString(configured.role), duration: Int64(configured.duration),
                externalID: configured.externalID.map { ByteString($0) }, endpoint: endpoint,
                region: ByteString(configured.region(beside: configuration.s3)), credentials: credentials,
                transport: transport, surroundings: surroundings.ofS3)
        } catch {
            throw ConfigurationError(key: "s3.region", "can be no part of a signature: \(error)")
        }
        self.init(role: role, partition: ByteString(configuration.s3.partition), permits: permits)
        deadline = min(deadline, Int64(configuration.server.deadline) * 1000)
    }
}
