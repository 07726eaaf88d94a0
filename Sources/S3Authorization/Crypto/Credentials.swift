/// An access key: who signs, and with what.
public struct Credentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public let accessKeyID: ByteString
    public let secret: Secret
    /// What temporary credentials are sent along with.
    public let sessionToken: ByteString?

    public init(accessKeyID: ByteString, secret: Secret, sessionToken: ByteString? = nil) {
        self.accessKeyID = accessKeyID
        self.secret = secret
        self.sessionToken = sessionToken
    }

    /// The key's id only: a session token is as good as half a secret.
    public var description: String { "Credentials(\(accessKeyID))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID.description]) }
}
