internal import S3Authorization
internal import S3Client
internal import UploadService

/// A signed form as a browser posts it.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
struct UploadForm {
    var fields: [HeaderField]
    let boundary: ByteString = "----countersign-doctor-7MA4YWxkTrZu0gW"

    /// Signed by the very code that serves pages, and by its rules and key where no others are given.
    init(
        _ key: ByteString, _ visit: Visit, prefix: ByteString = Visit.user, version: SignatureVersion = .v4,
        maximum: Int = 1024, rules: UploadRules? = nil, credentials: Credentials? = nil
    ) throws {
        let desk = visit.desk
        let rules = rules ?? desk.rules
        let credentials = credentials ?? desk.credentials
        let time = visit.time
        var values: [HeaderField] = [
            HeaderField("bucket", desk.bucket), HeaderField("key", key),
            HeaderField("Content-Type", Self.type(desk)), HeaderField("success_action_status", "201"),
        ]
        if let acl = rules.acl { values.append(HeaderField("acl", acl)) }
        if version == .v4 {
            let scope = try CredentialScope(time: time, region: desk.region)
            values += [
                HeaderField("x-amz-algorithm", StringToSign.algorithm),
                HeaderField("x-amz-credential", Credential(accessKeyID: credentials.accessKeyID, scope: scope).text),
                HeaderField("x-amz-date", time.text(.basic)),
            ]
        }
        if let token = credentials.sessionToken { values.append(HeaderField("x-amz-security-token", token)) }
        let conditions =
            values.map { Condition($0.name, .member(.string($0.value))) }
            + [Condition("content-length-range", .range(.number("0"), .number(ByteString("\(maximum)"))))]
        let caller = Caller(prefix: try KeyPrefix(user: prefix), expectedVersion: version)
        let signed = try rules.authorize(
            POSTPolicy(conditions: conditions), for: caller, signedBy: credentials, at: time
        ).sign(with: SigningKeyCache())
        fields = values.filter { !$0.name.is("bucket") } + [HeaderField("policy", signed.policy)]
        if version == .v4 {
            fields.append(HeaderField("x-amz-signature", signed.signature))
        } else {
            fields += [
                HeaderField("AWSAccessKeyId", credentials.accessKeyID), HeaderField("signature", signed.signature),
            ]
        }
    }

    subscript(name: ByteString) -> ByteString {
        get { fields.first { $0.name == name }?.value ?? "" }
        set { fields = fields.map { $0.name == name ? HeaderField(name, newValue) : $0 } }
    }

    /// The request, with so many bytes of a file.
    func request(_ desk: Desk, size: Int = 16, origin: String? = nil) -> HTTPRequest {
        var body: [UInt8] = []
        for field in fields {
            body += "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(field.name)\"\r\n\r\n".utf8
            body += field.value.bytes
            body += "\r\n".utf8
        }
        body += "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"doctor.txt\"\r\n".utf8
        body += "Content-Type: text/plain\r\n\r\n".utf8
        body += [UInt8](repeating: UInt8(ascii: "x"), count: size)
        body += "\r\n--\(boundary)--\r\n".utf8
        var headers = [HeaderField("Content-Type", ByteString("multipart/form-data; boundary=\(boundary)"))]
        if let origin { headers.append(HeaderField("Origin", ByteString(origin))) }
        return HTTPRequest(
            method: "POST", url: desk.publicEndpoint.url(bucket: desk.bucket, addressing: desk.addressing),
            headers: headers, body: body)
    }

    /// A type that the rules allow.
    static func type(_ desk: Desk) -> ByteString {
        let types = desk.configuration.rules.types
        guard let first = types.first, !types.contains("*/*"), !types.contains("text/*"), !types.contains("text/plain")
        else { return "text/plain" }
        return ByteString(first.hasSuffix("/*") ? first.dropLast() + "png" : first)
    }
}
