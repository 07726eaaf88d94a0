/// An access key: who signs, and with what.
public struct Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public let accessKeyID: ByteString
    public let secret: Secret
    /// What temporary credentials are sent along with.
    public let sessionToken: ByteString?
    /// When S3 stops taking what they signed; nil: never, for all that is known.
    public let expiration: SigningTime?

    public init(
        accessKeyID: ByteString, secret: Secret, sessionToken: ByteString? = nil, expiration: SigningTime? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secret = secret
        self.sessionToken = sessionToken
        self.expiration = expiration
    }

    /// The end of what they sign: the one wished for, or their own if that comes first.
    public func end(notAfter wished: SigningTime) -> SigningTime {
        expiration.map { min($0, wished) } ?? wished
    }

    /// The key's id only: a session token is as good as half a secret.
    public var description: String { "Credentials(\(accessKeyID))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID.description]) }
}
