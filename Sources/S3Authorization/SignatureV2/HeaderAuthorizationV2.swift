extension SignatureV2 {
    /// A signature of version 2 in the `Authorization` header, and what it was made from.
    ///
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html#ConstructingTheAuthenticationHeader
    struct HeaderAuthorization: Sendable, Equatable {
        let stringToSign: StringToSign
        let signature: ByteString
        /// What to send beside the request's own headers: `Date`, a session token, and `Authorization`.
        let headers: [HeaderField]

        init(_ request: S3Request, signer: Signer, time: SigningTime) {
            let date = time.text(.http)
            var added = [HeaderField("Date", date)]
            if let token = signer.credentials.sessionToken { added.append(HeaderField("x-amz-security-token", token)) }
            stringToSign = StringToSign(
                method: request.method, headers: request.headers + added, date: date,
                resource: CanonicalizedResource(bucket: request.bucket, key: request.key, query: request.query))
            signature = signer.keyV2.signature(of: stringToSign)
            var value = Array("AWS ".utf8)
            value.append(contentsOf: signer.credentials.accessKeyID.bytes)
            value.append(UInt8(ascii: ":"))
            value.append(contentsOf: signature.bytes)
            headers = added + [HeaderField("Authorization", ByteString(value))]
        }
    }
}
