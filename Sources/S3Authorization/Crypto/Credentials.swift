/// An access key: who signs, and with what.
public struct Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The public half, as it stands in requests and policies.
    public let accessKeyID: ByteString
    /// The private half; never sent anywhere.
    public let secret: Secret
    /// What temporary credentials are sent along with.
    public let sessionToken: ByteString?
    /// When S3 stops taking what they signed; nil: never, for all that is known.
    public let expiration: SigningTime?

    /// A key, and the session token that goes with it where it is temporary.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html>
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
    /// The same as ``description``.
    public var debugDescription: String { description }
    /// Shows the key's id only.
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID.description]) }
}
