/// What a client needs to post its form: the policy in Base64, and its signature.
public struct SignedPolicy: Sendable {
    /// The form's field `policy`: the document in Base64, RFC 4648, section 4,
    /// <https://www.rfc-editor.org/rfc/rfc4648#section-4>.
    public let policy: ByteString
    /// The form's field `signature` (version 2, Base64) or `x-amz-signature` (version 4, 64 hexadecimal digits).
    public let signature: ByteString
}

extension AuthorizedPolicy {
    /// Signs the document: HMAC-SHA1 in Base64 for version 2, HMAC-SHA256 in lower-case hexadecimal for version 4.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/HTTPPOSTForms.html#HTTPPOSTConstructingPolicySignature>,
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html>
    public func sign(with keys: SigningKeyCache) -> SignedPolicy {
        let policy = Base64.encode(document)
        let signature =
            if let scope {
                keys.key(secret: credentials.secret, scope: scope).signature(of: StringToSign(encodedPolicy: policy))
            } else {
                SignatureV2.SigningKey(secret: credentials.secret).signature(of: policy)
            }
        return SignedPolicy(policy: policy, signature: signature)
    }
}
