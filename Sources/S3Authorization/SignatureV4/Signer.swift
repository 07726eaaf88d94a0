/// Who signs, for which region: credentials and the keys lately derived from them.
public struct Signer: Sendable {
    /// Whose key it is.
    public let credentials: Credentials
    private let scope: CredentialScope
    private let keys: SigningKeyCache

    /// Throws where `region` or `service` can be no part of a scope.
    public init(
        credentials: Credentials, region: ByteString, service: ByteString = "s3"
    ) throws(CredentialScope.Invalid) {
        self.credentials = credentials
        scope = try CredentialScope(time: .start, region: region, service: service)
        keys = SigningKeyCache()
    }

    /// The region of every scope that it signs in.
    public var region: ByteString { scope.region }

    /// The scope of the day of `time`.
    public func scope(at time: SigningTime) -> CredentialScope {
        scope.on(time)
    }

    /// The value of `X-Amz-Credential` on the day of `time`.
    public func credential(at time: SigningTime) -> Credential {
        Credential(accessKeyID: credentials.accessKeyID, scope: scope(at: time))
    }

    /// The key of version 4 for the day of `time`.
    package func key(at time: SigningTime) -> SigningKey {
        keys.key(secret: credentials.secret, scope: scope(at: time))
    }

    /// The key of version 2.
    package var keyV2: SignatureV2.SigningKey {
        SignatureV2.SigningKey(secret: credentials.secret)
    }
}
