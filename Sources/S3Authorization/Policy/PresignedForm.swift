/// What a client posts beside its file: every field but the file itself, which comes last.
///
/// Good for whoever holds it: hand it to its user only, and keep it out of logs.
public struct PresignedForm: Sendable, Equatable {
    /// Ends in a slash; followed by the key it is the URL of the object.
    public let url: ByteString
    /// In the order of the policy; S3 ignores what stands behind the file.
    public let fields: [HeaderField]
    /// When S3 stops taking the form.
    public let expiration: SigningTime
}

extension AuthorizedPolicy {
    /// The form that posts what was authorized: a field for each condition, then the policy and its signature.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html>
    public func presigned(
        with keys: SigningKeyCache, at endpoint: Endpoint, addressing: Addressing
    ) -> PresignedForm {
        // The document is our own, so that it can be read.
        let policy = try? POSTPolicy(parsing: Array(document.bytes))
        var fields: [HeaderField] = []
        fields.reserveCapacity(24)
        var bucket: ByteString = ""
        for condition in policy?.conditions ?? [] {
            guard let value = condition.exactValue else { continue }
            fields.append(HeaderField(condition.element, value.text))
            if condition.element.is("bucket") { bucket = value.text }
        }
        let signed = sign(with: keys)
        if version == .v2 { fields.append(HeaderField("AWSAccessKeyId", credentials.accessKeyID)) }
        fields.append(HeaderField("policy", signed.policy))
        fields.append(HeaderField(version == .v2 ? "signature" : "x-amz-signature", signed.signature))
        let url = endpoint.url(bucket: bucket, addressing: addressing)
        return PresignedForm(
            url: url.bytes.last == UInt8(ascii: "/") ? url : ByteString(url.bytes + [UInt8(ascii: "/")]),
            fields: fields, expiration: expiration)
    }
}

extension POSTPolicy {
    /// The policy of a form that the site itself composes for an upload, whose wishes come in unchecked.
    ///
    /// - Parameters:
    ///   - more: further fields, as `success_action_status` and `x-amz-meta-…`
    public init(
        for upload: Upload, _ more: [HeaderField] = [], under rules: UploadRules, signedBy credentials: Credentials,
        at now: SigningTime
    ) {
        var conditions: [Condition] = []
        conditions.reserveCapacity(16)
        func add(_ element: ByteString, _ value: ByteString) {
            conditions.append(Condition(element, .member(.string(value))))
        }
        if let acl = rules.acl { add("acl", acl) }
        add("bucket", rules.bucket)
        add("key", upload.key)
        if let type = upload.contentType { add("Content-Type", type) }
        for field in more + upload.metadata { add(field.name, field.value) }
        if rules.signatureVersions.contains(.v4) {
            let credential = (try? CredentialScope(time: now, region: rules.region)).map {
                Credential(accessKeyID: credentials.accessKeyID, scope: $0).text
            }
            add("x-amz-algorithm", StringToSign.algorithm)
            add("x-amz-credential", credential ?? "")
            add("x-amz-date", now.text(.basic))
        }
        if let token = credentials.sessionToken { add("x-amz-security-token", token) }
        if let size = upload.size {
            let bytes = Condition.Value.number(ByteString("\(size)"))
            conditions.append(Condition("content-length-range", .range(bytes, bytes)))
        }
        self.init(conditions: conditions)
    }
}
