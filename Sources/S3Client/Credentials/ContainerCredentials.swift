package import S3Authorization

/// The credentials of a container's task or pod, from the agent beside it (ECS, EKS Pod Identity).
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
package struct ContainerCredentials: CredentialsSource {
    private let service: CredentialsService
    private let url: ByteString
    private let token: ByteString?
    private let tokenFile: WatchedFile<ByteString>?

    /// Reads `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`, else `…_FULL_URI`, and the token beside it.
    package init(
        environment: (String) -> String?, transport: any Transport, surroundings: S3Surroundings,
        agent: ByteString = "http://169.254.170.2"
    ) throws(CredentialsError) {
        if let path = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), !path.isEmpty {
            let whole = ByteString(agent.description + path)
            guard path.utf8.first == UInt8(ascii: "/"), HTTPURL(whole) != nil else {
                throw .malformed("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            }
            url = whole
        } else if let full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI"), !full.isEmpty {
            guard let parsed = HTTPURL(ByteString(full)), Self.isAllowed(parsed) else {
                throw .malformed("AWS_CONTAINER_CREDENTIALS_FULL_URI")
            }
            url = ByteString(full)
        } else {
            throw .missing("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        }
        token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").map { ByteString($0) }
        tokenFile = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map { path in
            WatchedFile(path: path) { bytes throws(CredentialsError) in ByteString(bytes).trimmed }
        }
        service = CredentialsService(transport: transport, surroundings: surroundings, name: "the container's agent")
    }

    package func fetch(until deadline: Deadline) throws(CredentialsError) -> Credentials {
        var request = HTTPRequest(url: url, timeouts: HTTPRequest.Timeouts(connect: 1000, firstByte: 2000))
        if let token = try tokenFile?.value() ?? token {
            guard token.bytes.allSatisfy({ 0x20...0x7e ~= $0 }) else {
                throw .malformed("the container's authorization token")
            }
            request.headers = [HeaderField("Authorization", token)]
        }
        return try service.credentials(inJSON: service.body(of: request, until: deadline))
    }

    /// Without TLS only this machine and the agents' own addresses: a token must not cross a network in the clear.
    static func isAllowed(_ url: HTTPURL) -> Bool {
        if url.scheme == .https { return true }
        let parts = url.host.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isLoopback =
            parts.count == 4 && ByteString(parts[0]) == "127"
            && parts.allSatisfy { DecimalDigits.value(of: ByteString($0)).map { $0 < 256 } ?? false }
        let others: Set<ByteString> = ["localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]
        return isLoopback || others.contains(url.host)
    }
}
