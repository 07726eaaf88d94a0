/// A request of a multipart upload in types, every one of its values checked; its text is written from them alone.
struct MultipartRequest: Sendable {
    enum Version: Sendable {
        case v2(bucket: ByteString, contentType: ByteString)
        case v4(CredentialScope, host: ByteString, payloadHash: PayloadHash)
    }

    let operation: MultipartOperation
    let key: ByteString
    let spelling: KeySpelling
    /// The time of `x-amz-date`.
    let time: SigningTime
    /// `x-amz-…` headers other than the date and the payload's hash.
    let headers: [HeaderField]
    let version: Version

    /// What was signed if S3 takes the request: version 2's string to sign, version 4's canonical request.
    var canonicalText: ByteString {
        let path = spelling.spell(key)
        switch version {
        case .v2(let bucket, let contentType):
            return SignatureV2.StringToSign(
                method: operation.method,
                headers: headers + [
                    HeaderField("content-type", contentType), HeaderField("x-amz-date", time.text(.http)),
                ],
                date: "",
                resource: SignatureV2.CanonicalizedResource(bucket: bucket, encodedKey: path, query: operation.query)
            ).text
        case .v4(_, let host, let payloadHash):
            return CanonicalRequest(
                method: operation.method, path: CanonicalPath(ByteString([UInt8(ascii: "/")] + path.bytes)),
                query: CanonicalQuery(operation.query),
                headers: CanonicalHeaders(
                    headers + [
                        HeaderField("host", host), HeaderField("x-amz-content-sha256", payloadHash.text),
                        HeaderField("x-amz-date", time.text(.basic)),
                    ]),
                payloadHash: payloadHash
            ).text
        }
    }

    /// The text as a client sends it here.
    var text: ByteString {
        guard case .v4(let scope, _, _) = version else { return canonicalText }
        var output: [UInt8] = []
        output.append(contentsOf: StringToSign.algorithm.bytes)
        output.append(UInt8(ascii: "\n"))
        time.append(.basic, to: &output)
        output.append(UInt8(ascii: "\n"))
        scope.append(to: &output)
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: canonicalText.bytes)
        return ByteString(output)
    }
}
