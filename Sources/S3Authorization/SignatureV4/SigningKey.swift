/// The key of one scope: HMAC of the day, then the region, the service and a constant, under the secret.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#derive-signing-key
package final class SigningKey: Sendable, Redacted {
    package let scope: CredentialScope
    private let key: HMACSHA256Key

    package init(secret: Secret, scope: CredentialScope) {
        self.scope = scope
        key = HMACSHA256Key(Self.chain(secret: secret, scope: scope).signing)
    }

    /// The hexadecimal signature of any bytes: for this module only, behind what was authorized.
    func signature(of bytes: ByteString) -> ByteString {
        Hexadecimal.encode(key.code(for: bytes.bytes.span).span)
    }

    func signature(of stringToSign: StringToSign) -> ByteString {
        signature(of: stringToSign.text)
    }

    /// The key for strings to sign that differ only in the hash of their canonical request, which is given to it.
    func key(time: SigningTime) -> HMACSHA256Key {
        key.after(StringToSign.start(time: time, scope: scope))
    }

    /// Every link of the derivation, the last one being the signing key itself.
    static func chain(secret: Secret, scope: CredentialScope) -> Chain {
        let first = secret.withBytes(after: "AWS4") { HMACSHA256Key($0) }
        let date = first.authenticationCode(for: scope.day.text(.day))
        let region = HMACSHA256Key(date).authenticationCode(for: scope.region)
        let service = HMACSHA256Key(region).authenticationCode(for: scope.service)
        let signing = HMACSHA256Key(service).authenticationCode(for: CredentialScope.terminator)
        return Chain(date: date, region: region, service: service, signing: signing)
    }

    struct Chain: Redacted {
        let date, region, service, signing: [UInt8]
    }
}
