/// One object that somebody wants to PUT under a key which the site chose.
public struct Upload: Sendable {
    /// The whole object key, prefix included.
    public var key: ByteString
    /// Bytes. Only version 4 can hold a client to it; without it the URL takes any size, so look at the object
    /// when it is there.
    public var size: UInt64?
    /// Required where the rules allow certain types only.
    public var contentType: ByteString?
    /// Version 2 can hold a client to MD5 only.
    public var checksum: UploadChecksum?
    /// Names with `x-amz-meta-` before them; values are printable ASCII.
    public var metadata: [HeaderField] = []

    /// An upload of `size` bytes under `key`; nothing is checked here, ``UploadRules`` checks all.
    public init(
        key: ByteString, size: UInt64? = nil, contentType: ByteString? = nil, checksum: UploadChecksum? = nil
    ) {
        self.key = key
        self.size = size
        self.contentType = contentType
        self.checksum = checksum
    }
}

/// An upload that keeps every rule: the only one there is a presigned URL for.
public struct AuthorizedUpload: Sendable {
    /// The one object key that may be written.
    public var key: ByteString { request.key }
    /// Version 4, unless the caller or the rules want version 2.
    public var version: SignatureVersion { request.version }
    /// When the URL stops being good, unless the credentials that sign it do so before.
    public var expiration: SigningTime { request.expiration }
    private let request: PresignableRequest

    fileprivate init(
        _ upload: Upload, _ rules: UploadRules, version: SignatureVersion, at now: SigningTime, until end: SigningTime
    ) {
        var request = PresignableRequest(
            method: "PUT", key: upload.key, rules: rules, version: version, now: now, expiration: end)
        // Version 2 signs no length.
        if let size = upload.size, version == .v4 {
            request.headers.append(HeaderField("content-length", ByteString("\(size)")))
        }
        if let type = upload.contentType { request.headers.append(HeaderField("content-type", type)) }
        if let checksum = upload.checksum { request.headers.append(checksum.header) }
        request.headers += upload.metadata
        request.acl = rules.acl
        self.request = request
    }

    /// Why rules can make no URL, whatever the upload is.
    public enum Unsignable: Error, Equatable, Sendable {
        /// The bucket's name is empty.
        case bucket
        /// The ACL has a control byte.
        case acl
        /// `expiresAfter` is not between one second and seven days, or the credentials have expired.
        case lifetime
    }

    /// The URL to PUT to, and the headers that must go with it.
    ///
    /// The ACL is signed in the query, as either version allows, so that a client that knows nothing of it can upload.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>,
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html#RESTAuthenticationQueryStringAuth>
    public func presigned(
        by signer: Signer, at endpoint: Endpoint, addressing: Addressing
    ) throws(Unsignable) -> PresignedUpload {
        try request.presigned(by: signer, at: endpoint, addressing: addressing)
    }
}

/// What a client needs to PUT one object: send the body to `url` with exactly these `headers`.
public struct PresignedUpload: Sendable, Equatable {
    /// Good for whoever holds it: hand it to its user only, and keep it out of logs.
    public let url: ByteString
    /// Names in lower case; a browser sends `content-length` by itself.
    public let headers: [HeaderField]
    /// When the URL stops being good: as the rules say, and not after the credentials.
    public let expiration: SigningTime
    /// Seconds from the signing to `expiration`.
    public let lifetime: Int64
}

extension UploadRules {
    /// Checks an upload under a key that the site chose against every rule that concerns it.
    ///
    /// Throws all violations at once; their places are `key`, `content-length-range`, `Content-Type` and
    /// `x-amz-algorithm`, as in a policy, and `x-amz-checksum-sha256`.
    public func authorize(
        _ upload: Upload, for caller: Caller, at now: SigningTime
    ) throws(PolicyViolations) -> AuthorizedUpload {
        let version = caller.expectedVersion ?? (signatureVersions.contains(.v4) ? .v4 : .v2)
        var violations: [PolicyViolation] = []
        func refuse(_ element: ByteString, _ message: String, _ kind: PolicyViolation.Kind = .invalid) {
            violations.append(PolicyViolation(.condition(element), message, kind: kind))
        }
        if let (message, kind) = KeyRules(characters: keyCharacters, prefix: caller.prefix).violation(of: upload.key) {
            refuse("key", message, kind)
        }
        let maximum = min(maximumSize, ceiling ?? maximumSize)
        if let size = upload.size, size > maximum {
            refuse("content-length-range", "The object should have at most \(maximum) bytes")
        }
        if let type = upload.contentType {
            if let (message, kind) = violation(ofContentType: .string(type)) { refuse("Content-Type", message, kind) }
        } else if !contentTypes.isEmpty {
            refuse("Content-Type", "Required condition is missing")
        }
        if !signatureVersions.contains(version) {
            refuse("x-amz-algorithm", "This site does not sign version \(version.rawValue)")
        }
        if case .sha256 = upload.checksum, version == .v2 {
            refuse("x-amz-checksum-sha256", "Version 2 signs no SHA-256: send an MD5, or use version 4")
        }
        violations += metadataViolations(upload.metadata)
        guard violations.isEmpty else { throw PolicyViolations(all: violations) }
        let end = (try? now.adding(seconds: expiresAfter)) ?? now
        return AuthorizedUpload(upload, self, version: version, at: now, until: end)
    }
}
