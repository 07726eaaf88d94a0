extension SignatureV2 {
    /// A signature of version 2 in the query, and what it was made from.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html#RESTAuthenticationQueryStringAuth
    struct PresignedQuery: Sendable, Equatable {
        let stringToSign: StringToSign
        let signature: ByteString
        /// The whole query, encoded; headers that are signed stand in it too.
        let text: ByteString

        /// Good until `expires`, however far ahead: version 2 has no limit of its own.
        init(_ request: S3Request, signer: Signer, expires: SigningTime) {
            let expiry = ByteString("\(expires.secondsSince1970)")
            var headers = request.headers
            if let token = signer.credentials.sessionToken {
                headers.append(HeaderField("x-amz-security-token", token))
            }
            stringToSign = StringToSign(
                method: request.method, headers: headers, date: expiry,
                resource: CanonicalizedResource(bucket: request.bucket, key: request.key, query: request.query))
            signature = signer.keyV2.signature(of: stringToSign)
            let signed = headers.filter { header in
                let name = header.lowercasedName
                return name.hasPrefix("x-amz-") || name == "content-md5" || name == "content-type"
            }
            text = SignatureV2.query(
                request.query + signed.map { QueryParameter($0.lowercasedName, $0.value.trimmed) } + [
                    QueryParameter("AWSAccessKeyId", signer.credentials.accessKeyID),
                    QueryParameter("Expires", expiry),
                    QueryParameter("Signature", signature),
                ])
        }
    }

    /// A query in the order given, encoded; a sub-resource without a value has no equals sign.
    static func query(_ parameters: [QueryParameter]) -> ByteString {
        var output: [UInt8] = []
        for parameter in parameters {
            if !output.isEmpty { output.append(UInt8(ascii: "&")) }
            PercentEncoding.append(parameter.name, to: &output)
            if !parameter.value.isEmpty {
                output.append(UInt8(ascii: "="))
                PercentEncoding.append(parameter.value, to: &output)
            }
        }
        return ByteString(output)
    }
}
