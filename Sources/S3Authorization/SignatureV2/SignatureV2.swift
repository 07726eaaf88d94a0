/// Version 2 of S3's signatures: HMAC-SHA1 in Base 64.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html
package enum SignatureV2 {}

extension SignatureV2 {
    /// The secret itself, ready to sign: version 2 knows no scope and no derivation.
    package struct SigningKey: Sendable, Redacted {
        private let key: HMACSHA1Key

        package init(secret: Secret) {
            key = secret.withBytes { HMACSHA1Key($0) }
        }

        /// The Base 64 signature of any bytes: for this module only, behind what was authorized.
        func signature(of bytes: ByteString) -> ByteString {
            Base64.encode(key.authenticationCode(for: bytes))
        }

        func signature(of stringToSign: StringToSign) -> ByteString {
            signature(of: stringToSign.text)
        }
    }
}
