/// A signature of version 4 in the query, good for whoever holds the URL, and all it was made from.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
package struct PresignedQuery: Sendable, Equatable {
    let canonicalRequest: CanonicalRequest
    let stringToSign: StringToSign
    let signature: ByteString
    /// The whole query, encoded, with the signature last.
    let text: ByteString

    /// Signs `headers`, `Host` among them, all of which must be sent as they are.
    init(
        method: ByteString, path: CanonicalPath, query: [QueryParameter], headers: [HeaderField],
        payloadHash: PayloadHash = .unsigned, signer: Signer, time: SigningTime, lifetime: Lifetime
    ) {
        let canonicalHeaders = CanonicalHeaders(headers)
        let canonicalQuery = CanonicalQuery(
            query
                + Self.parameters(
                    signedHeaders: canonicalHeaders.names, signer: signer, time: time, lifetime: lifetime))
        canonicalRequest = CanonicalRequest(
            method: method, path: path, query: canonicalQuery, headers: canonicalHeaders, payloadHash: payloadHash)
        stringToSign = StringToSign(canonicalRequest: canonicalRequest, time: time, scope: signer.scope(at: time))
        signature = signer.key(at: time).signature(of: stringToSign)
        var output = Array(canonicalQuery.text.bytes)
        output.append(contentsOf: "&X-Amz-Signature=".utf8)
        output.append(contentsOf: signature.bytes)
        text = ByteString(output)
    }

    /// What a signature brings with it into the query.
    static func parameters(
        signedHeaders: ByteString, signer: Signer, time: SigningTime, lifetime: Lifetime
    ) -> [QueryParameter] {
        var parameters = [
            QueryParameter("X-Amz-Algorithm", StringToSign.algorithm),
            QueryParameter("X-Amz-Credential", signer.credential(at: time).text),
            QueryParameter("X-Amz-Date", time.text(.basic)),
            QueryParameter("X-Amz-Expires", ByteString("\(lifetime.seconds)")),
            QueryParameter("X-Amz-SignedHeaders", signedHeaders),
        ]
        if let token = signer.credentials.sessionToken {
            parameters.append(QueryParameter("X-Amz-Security-Token", token))
        }
        return parameters
    }

    init(_ request: S3Request, signer: Signer, time: SigningTime, lifetime: Lifetime) {
        self.init(
            method: request.method, path: CanonicalPath(request.path), query: request.query,
            headers: request.headers + [HeaderField("host", request.host)], signer: signer, time: time,
            lifetime: lifetime)
    }

    /// How long a URL is good: 1 second to 7 days, the most that S3 takes.
    package struct Lifetime: Sendable, Equatable {
        let seconds: Int

        package init?(seconds: Int) {
            guard (1...604_800).contains(seconds) else { return nil }
            self.seconds = seconds
        }
    }
}
