/// What may be uploaded, where to, and under which name: the rules that a POST policy must keep to be signed.
///
/// All lengths are in bytes, all times in seconds.
public struct UploadRules: Sendable {
    /// The bucket that uploads go to; the `bucket` condition must name it.
    public var bucket: ByteString
    /// The region of version 4's credential scope.
    public var region: ByteString
    /// What the `acl` condition must say; nil where no ACL may be sent.
    public var acl: ByteString? = "private"
    /// The most bytes that S3 takes in one request.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html>
    public static let largestRequest: UInt64 = 5 << 30

    /// The largest object; a policy without `content-length-range` gets one that ends here.
    public var maximumSize: UInt64
    /// What a range's maximum is lowered to for this one upload, and what a declared size must not exceed; nil: nothing.
    package var ceiling: UInt64?
    /// The allowed media types; empty allows every one.
    public var contentTypes: [ContentTypePattern] = []
    /// Which characters a key may have after its prefix.
    public var keyCharacters: KeyCharacters = .unicode
    /// The versions that are signed; a request of another is refused.
    public var signatureVersions: Set<SignatureVersion> = [.v2, .v4]
    /// How long a signed policy is good.
    public var expiresAfter: Int64 = 300
    /// Where `success_action_redirect` may lead beside the caller's own page: these URLs and what lies below them.
    public var redirects: [HTTPURL] = []
    /// Allowed values of `x-amz-storage-class`.
    public var storageClasses: [ByteString] = []
    /// Allowed values of `x-amz-server-side-encryption`.
    public var encryptions: [ByteString] = []
    /// Allowed values of `x-amz-server-side-encryption-aws-kms-key-id`.
    public var encryptionKeyIDs: [ByteString] = []

    /// Rules for uploads of at most `maximumSize` bytes to one bucket; everything else has its default.
    public init(bucket: ByteString, region: ByteString, maximumSize: UInt64) {
        self.bucket = bucket
        self.region = region
        self.maximumSize = maximumSize
    }

    /// Both versions need no look at which.
    @inline(__always)
    func signs(_ version: SignatureVersion) -> Bool {
        signatureVersions.count == 2 || signatureVersions.contains(version)
    }

    /// Checks a policy against every rule; what comes back is written anew and can be signed.
    ///
    /// Throws all violations at once.
    public func authorize(
        _ policy: POSTPolicy, for caller: Caller, signedBy credentials: Credentials, at now: SigningTime
    ) throws(PolicyViolations) -> AuthorizedPolicy {
        var check = PolicyCheck(rules: self, caller: caller, credentials: credentials, now: now)
        check.examine(policy)
        guard check.violations.isEmpty else {
            throw PolicyViolations(all: check.violations)
        }
        return AuthorizedPolicy(check)
    }
}

/// The two versions of S3's signatures.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html>
public enum SignatureVersion: Int, Sendable {
    case v2 = 2
    case v4 = 4
}

/// A policy that keeps every rule, in our own words: the only policy there is a signature for.
public struct AuthorizedPolicy: Sendable {
    /// The policy document, JSON in UTF-8.
    public let document: ByteString
    /// The one object key that may be written.
    public let key: ByteString
    /// Version 4 where the policy has a credential of version 4.
    public let version: SignatureVersion
    /// When S3 stops taking the form.
    public let expiration: SigningTime
    let credentials: Credentials
    /// Set for version 4 only.
    let scope: CredentialScope?

    fileprivate init(_ check: consuming PolicyCheck) {
        key = check.key
        scope = check.scope
        version = check.scope == nil ? .v2 : .v4
        expiration = check.expiration
        credentials = check.credentials
        document = check.finish()
    }
}
