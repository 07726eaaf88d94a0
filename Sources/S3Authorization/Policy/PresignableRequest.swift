/// A request that the rules let a client send, before it is a URL: made where they authorize one, and nowhere else.
struct PresignableRequest: Sendable {
    let method: ByteString
    let key: ByteString
    let version: SignatureVersion
    let now: SigningTime
    let expiration: SigningTime
    private let bucket: ByteString
    /// What must be sent along with it.
    var headers: [HeaderField] = []
    var query: [QueryParameter] = []
    /// Where the request makes an object.
    var acl: ByteString?

    init(
        method: ByteString, key: ByteString, rules: UploadRules, version: SignatureVersion, now: SigningTime,
        expiration: SigningTime
    ) {
        self.method = method
        self.key = key
        self.version = version
        self.now = now
        self.expiration = expiration
        bucket = rules.bucket
    }

    func presigned(
        by signer: Signer, at endpoint: Endpoint, addressing: Addressing
    ) throws(AuthorizedUpload.Unsignable) -> PresignedUpload {
        let end = signer.credentials.end(notAfter: expiration)
        let seconds = Int(end.secondsSince1970 - now.secondsSince1970)
        guard let lifetime = PresignedQuery.Lifetime(seconds: seconds) else { throw .lifetime }
        guard !bucket.isEmpty else { throw .bucket }
        guard acl?.isFreeOfControls ?? true else { throw .acl }
        var headers = headers
        var query = query
        if let acl {
            switch version {
            // Version 2 moves it there by itself, and signs it as the header that it stands for.
            case .v2: headers.append(HeaderField("x-amz-acl", acl))
            case .v4: query.append(QueryParameter("x-amz-acl", acl))
            }
        }
        let request: S3Request
        do {
            request = try S3Request(
                method: method, endpoint: endpoint, addressing: addressing, bucket: bucket, key: key, query: query,
                headers: headers)
        } catch {
            throw .acl
        }
        let own = OwnRequest(request)
        let signed =
            switch version {
            case .v2: own.presignedV2(by: signer, expires: end)
            case .v4: own.presigned(by: signer, at: now, lifetime: lifetime)
            }
        return PresignedUpload(url: signed.url, headers: signed.headers, expiration: end, lifetime: Int64(seconds))
    }
}
