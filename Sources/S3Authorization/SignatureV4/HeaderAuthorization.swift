/// A signature of version 4 in the `Authorization` header, and all it was made from.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
struct HeaderAuthorization: Sendable, Equatable {
    let canonicalRequest: CanonicalRequest
    let stringToSign: StringToSign
    let signature: ByteString
    /// What to send beside the request's own headers: `x-amz-…` and, last, `Authorization`.
    let headers: [HeaderField]

    /// Signs `headers`, `Host` among them, and the headers that the signature brings; those of S3 name the body's hash.
    init(
        method: ByteString, path: CanonicalPath, query: CanonicalQuery, headers: [HeaderField],
        payloadHash: PayloadHash, sendsPayloadHash: Bool = true, signer: Signer, time: SigningTime
    ) {
        var added = [HeaderField("x-amz-date", time.text(.basic))]
        if sendsPayloadHash { added.append(HeaderField("x-amz-content-sha256", payloadHash.text)) }
        if let token = signer.credentials.sessionToken { added.append(HeaderField("x-amz-security-token", token)) }
        let canonicalHeaders = CanonicalHeaders(headers + added)
        canonicalRequest = CanonicalRequest(
            method: method, path: path, query: query, headers: canonicalHeaders, payloadHash: payloadHash)
        stringToSign = StringToSign(canonicalRequest: canonicalRequest, time: time, scope: signer.scope(at: time))
        signature = signer.key(at: time).signature(of: stringToSign)

        var value = Array(StringToSign.algorithm.bytes)
        value.append(contentsOf: " Credential=".utf8)
        value.append(contentsOf: signer.credential(at: time).text.bytes)
        value.append(contentsOf: ", SignedHeaders=".utf8)
        value.append(contentsOf: canonicalHeaders.names.bytes)
        value.append(contentsOf: ", Signature=".utf8)
        value.append(contentsOf: signature.bytes)
        self.headers = added + [HeaderField("Authorization", ByteString(value))]
    }

    init(_ request: S3Request, payloadHash: PayloadHash, signer: Signer, time: SigningTime) {
        self.init(
            method: request.method, path: CanonicalPath(request.path), query: CanonicalQuery(request.query),
            headers: request.headers + [HeaderField("host", request.host)], payloadHash: payloadHash, signer: signer,
            time: time)
    }
}
