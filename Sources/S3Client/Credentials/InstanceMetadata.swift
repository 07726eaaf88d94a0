package import S3Authorization

/// The credentials of an EC2 instance's role, from its metadata service, version 2 only.
///
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
package struct InstanceMetadata: CredentialsSource {
    private static let roles = "/latest/meta-data/iam/security-credentials/"

    private let service: CredentialsService
    private let endpoint: ByteString

    package init(
        transport: any Transport, surroundings: S3Surroundings, endpoint: ByteString = "http://169.254.169.254"
    ) {
        self.endpoint = endpoint
        service = CredentialsService(
            transport: transport, surroundings: surroundings, name: "the instance metadata service")
    }

    package func fetch(until deadline: Deadline) throws(CredentialsError) -> Credentials {
        let lifetime = HeaderField("X-aws-ec2-metadata-token-ttl-seconds", "300")
        let token = try text("PUT", "/latest/api/token", [lifetime], until: deadline)
        guard !token.isEmpty, token.bytes.allSatisfy({ 0x21...0x7e ~= $0 }) else {
            throw .malformed("the instance metadata service's token")
        }
        let headers = [HeaderField("X-aws-ec2-metadata-token", token)]
        let list = try text("GET", Self.roles, headers, until: deadline)
        let role = list.bytes.prefix { $0 != UInt8(ascii: "\n") }
        // https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html: [\w+=,.@-]+
        guard !role.isEmpty, role.count <= 64, role.allSatisfy(Self.isRoleName) else {
            throw .missing("a role of this instance")
        }
        let name = PercentEncoding.encode(ByteString(role)).description
        let body = try service.body(of: request("GET", Self.roles + name, headers), until: deadline)
        return try service.credentials(inJSON: body)
    }

    private func text(
        _ method: ByteString, _ path: String, _ headers: [HeaderField], until deadline: Deadline
    ) throws(CredentialsError) -> ByteString {
        ByteString(try service.body(of: request(method, path, headers), until: deadline)).trimmed
    }

    private func request(_ method: ByteString, _ path: String, _ headers: [HeaderField]) -> HTTPRequest {
        HTTPRequest(
            method: method, url: ByteString(endpoint.description + path), headers: headers,
            body: method.is("PUT") ? [] : nil, timeouts: HTTPRequest.Timeouts(connect: 1000, firstByte: 1000))
    }

    private static func isRoleName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "_+=,.@-".utf8.contains(byte)
        }
    }
}
