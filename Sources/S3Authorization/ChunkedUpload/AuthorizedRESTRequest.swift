/// A request of a multipart upload that keeps every rule, in our own words: the only one there is a signature for.
public struct AuthorizedRESTRequest: Sendable {
    /// Which of the requests of a multipart upload it is.
    public let operation: MultipartOperation
    /// The one object key that it concerns.
    public let key: ByteString
    private let request: MultipartRequest
    private let written: MultipartText
    private let credentials: Credentials

    fileprivate init(_ request: MultipartRequest, _ written: MultipartText, _ credentials: Credentials) {
        operation = request.operation
        key = request.key
        self.request = request
        self.written = written
        self.credentials = credentials
    }

    /// What is signed, before anything of it is hashed.
    package var text: ByteString { written.whole }

    /// The version of the text that the client wrote.
    public var version: SignatureVersion {
        if case .v4 = request.version { .v4 } else { .v2 }
    }

    /// The type that the object is declared to have; nil where it is not part of what is signed, as in version 4.
    package var contentType: ByteString? {
        guard case .v2(_, let contentType) = request.version, operation == .initiate, !contentType.isEmpty else {
            return nil
        }
        return contentType
    }

    /// The value of `x-amz-meta-qqfilename`, still percent-encoded.
    package var fileName: ByteString? {
        request.headers.first { $0.name.is("x-amz-meta-qqfilename") }?.value
    }

    /// HMAC-SHA1 in Base64 for version 2, HMAC-SHA256 in lower-case hexadecimal for version 4.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html>,
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
    public func sign(with keys: SigningKeyCache) -> ByteString {
        switch request.version {
        case .v2: SignatureV2.SigningKey(secret: credentials.secret).signature(of: written.canonical)
        case .v4(let scope, _):
            keys.key(secret: credentials.secret, scope: scope).signature(
                of: StringToSign(canonicalRequest: written.canonical, time: request.time, scope: scope))
        }
    }
}

extension UploadRules {
    /// Checks a request of a multipart upload against every rule, and that it reads exactly as we would write it.
    ///
    /// `endpoint` and `addressing` are those that browsers use. Throws all violations at once; those of the whole text
    /// stand under `conditions`, as a policy's do.
    public func authorize(
        _ request: RESTRequest, for caller: Caller, signedBy credentials: Credentials, at endpoint: Endpoint,
        addressing: Addressing, now: SigningTime
    ) throws(PolicyViolations) -> AuthorizedRESTRequest {
        guard let lines = request.lines else { throw PolicyViolations(all: request.violations) }
        let policy = PolicyCheck(rules: self, caller: caller, credentials: credentials, now: now)
        var check = RESTRequestCheck(lines, policy, at: endpoint, addressing: addressing)
        let checked = check.examine()
        let violations = request.violations + check.policy.violations
        guard violations.isEmpty, let checked else { throw PolicyViolations(all: violations) }
        let written = checked.text
        guard written.whole == request.text else {
            let message = "The text should be spelled exactly as S3 spells the request that it is about"
            throw PolicyViolations(all: [PolicyViolation(.conditions, message)])
        }
        return AuthorizedRESTRequest(checked, written, credentials)
    }
}
