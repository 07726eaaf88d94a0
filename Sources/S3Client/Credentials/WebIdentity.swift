package import S3Authorization

/// Credentials that STS gives for a token in a file: EKS service accounts and other OpenID Connect.
///
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
package struct WebIdentity: CredentialsSource {
    private let service: CredentialsService
    private let endpoint: ByteString
    private let role: ByteString
    private let session: ByteString
    private let token: WatchedFile<ByteString>

    /// Reads `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and, where set, `AWS_ROLE_SESSION_NAME`.
    ///
    /// `endpoint` is STS's for the region where it is nil.
    package init(
        environment: (String) -> String?, region: ByteString, transport: any Transport, surroundings: S3Surroundings,
        endpoint: ByteString? = nil
    ) throws(CredentialsError) {
        guard let path = environment("AWS_WEB_IDENTITY_TOKEN_FILE"), !path.isEmpty else {
            throw .missing("AWS_WEB_IDENTITY_TOKEN_FILE")
        }
        guard let role = environment("AWS_ROLE_ARN"), !role.isEmpty else { throw .missing("AWS_ROLE_ARN") }
        let domain = region.begins(with: "cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        self.endpoint = endpoint ?? ByteString("https://sts.\(region).\(domain)")
        guard HTTPURL(self.endpoint) != nil else { throw .malformed("the region") }
        self.role = ByteString(role)
        session = ByteString(environment("AWS_ROLE_SESSION_NAME") ?? "countersign")
        token = WatchedFile(path: path) { bytes throws(CredentialsError) in
            let token = ByteString(bytes).trimmed
            guard !token.isEmpty else { throw .malformed("the token in \(path)") }
            return token
        }
        service = CredentialsService(transport: transport, surroundings: surroundings, name: "STS")
    }

    package func fetch(until deadline: Deadline) throws(CredentialsError) -> Credentials {
        var body = Array("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=".utf8)
        PercentEncoding.append(role, to: &body)
        body += "&RoleSessionName=".utf8
        PercentEncoding.append(session, to: &body)
        body += "&WebIdentityToken=".utf8
        PercentEncoding.append(try token.value(), to: &body)
        let request = HTTPRequest(
            method: "POST", url: ByteString(endpoint.description + "/"),
            headers: [HeaderField("Content-Type", "application/x-www-form-urlencoded")], body: body)
        let answer = try service.body(of: request, until: deadline)
        guard let root = try? XMLElement(parsing: answer), root.name == "AssumeRoleWithWebIdentityResponse",
            let result = root.all("AssumeRoleWithWebIdentityResult").first,
            let found = result.all("Credentials").first
        else { throw .malformed("the answer of STS") }
        return try service.credentials(
            id: found.text(of: "AccessKeyId"), secret: found.text(of: "SecretAccessKey"),
            token: found.text(of: "SessionToken"), expiration: found.text(of: "Expiration"))
    }
}
