package import S3Authorization

/// The provider that AWS's own tools would find, for a configuration that names no key.
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
package enum StandardCredentials {
    /// The first that is configured: environment, web identity, shared file, container, instance.
    ///
    /// `fileExists` answers for the shared file only.
    package static func provider(
        environment: (String) -> String?, region: ByteString, transport: any Transport, surroundings: S3Surroundings,
        fileExists: (String) -> Bool
    ) throws(CredentialsError) -> any CredentialsProvider {
        func isSet(_ name: String) -> Bool { environment(name).map { !$0.isEmpty } ?? false }
        if isSet("AWS_ACCESS_KEY_ID") { return try StaticCredentials(environment: environment) }
        if isSet("AWS_WEB_IDENTITY_TOKEN_FILE") {
            let source = try WebIdentity(
                environment: environment, region: region, transport: transport, surroundings: surroundings)
            return RefreshingCredentials(source, surroundings: surroundings)
        }
        let shared = environment("AWS_SHARED_CREDENTIALS_FILE") ?? environment("HOME").map { $0 + "/.aws/credentials" }
        if let shared, fileExists(shared) {
            return FileCredentials(
                shared: shared, profile: ByteString(environment("AWS_PROFILE") ?? "default"),
                surroundings: surroundings)
        }
        if isSet("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") || isSet("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            let source = try ContainerCredentials(
                environment: environment, transport: transport, surroundings: surroundings)
            return RefreshingCredentials(source, surroundings: surroundings)
        }
        if environment("AWS_EC2_METADATA_DISABLED")?.lowercased() == "true" { throw .missing("any credentials") }
        let endpoint = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT").map { ByteString($0) }
        let source = InstanceMetadata(
            transport: transport, surroundings: surroundings, endpoint: endpoint ?? "http://169.254.169.254")
        return RefreshingCredentials(source, surroundings: surroundings)
    }
}

extension StaticCredentials {
    /// Those of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, where set, `AWS_SESSION_TOKEN`.
    package init(environment: (String) -> String?) throws(CredentialsError) {
        guard let id = environment("AWS_ACCESS_KEY_ID"), !id.isEmpty else { throw .missing("AWS_ACCESS_KEY_ID") }
        guard let secret = environment("AWS_SECRET_ACCESS_KEY"), !secret.isEmpty else {
            throw .missing("AWS_SECRET_ACCESS_KEY")
        }
        let token = environment("AWS_SESSION_TOKEN").flatMap { $0.isEmpty ? nil : ByteString($0) }
        self.init(Credentials(accessKeyID: ByteString(id), secret: Secret(secret), sessionToken: token))
    }
}
