/// A request that a client wants signed as S3 will see it: the string to sign, where it is a hash only, and the canonical
/// request, whose hash that must be.
///
/// EvaporateJS sends both; without the second nobody could say what is signed.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-string-to-sign>
public struct HashedRESTRequest: Sendable {
    static let maximumLength = 16_384

    let lines: RESTRequestLines?
    /// The first three lines of the string to sign, each with its line feed.
    let head: ByteString
    let canonicalRequest: ByteString
    let violations: [PolicyViolation]

    /// Takes the two texts as they came; what is wrong with them is said when they are to be authorized.
    public init(stringToSign: ByteString, canonicalRequest: ByteString) {
        self.canonicalRequest = canonicalRequest
        let end = stringToSign.bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? stringToSign.bytes.startIndex
        head = ByteString(stringToSign.bytes[..<end])
        var lines: RESTRequestLines?
        var violations: [PolicyViolation] = []
        func refuse(_ message: String) {
            violations.append(PolicyViolation(.conditions, message))
        }
        if stringToSign.count + canonicalRequest.count > Self.maximumLength {
            refuse("The request should have at most \(Self.maximumLength) bytes")
        } else if !head.begins(with: "AWS4-") {
            refuse("Only version 4 is signed: set awsSignatureVersion to '4'")
        } else if ByteString(stringToSign.bytes[end...]) != Self.hash(of: canonicalRequest) {
            refuse("The last line of to_sign should be the SHA-256 of canonical_request")
        } else {
            do throws(RESTRequestLines.Invalid) {
                lines = try RESTRequestLines(parsing: ByteString(head.bytes + canonicalRequest.bytes))
            } catch {
                refuse(error.message)
            }
        }
        self.lines = lines
        self.violations = violations
    }

    /// The first three lines of the canonical request, which has more once `lines` is there.
    var line: HashedRequestCheck.Line {
        let lines = canonicalRequest.bytes.split(
            separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false
        ).map { ByteString($0) }
        guard lines.count > 2 else { return HashedRequestCheck.Line(method: "", path: "", query: "") }
        return HashedRequestCheck.Line(method: lines[0], path: lines[1], query: lines[2])
    }

    private static func hash(of text: ByteString) -> ByteString {
        Hexadecimal.encode(SHA256.digest(of: text))
    }
}

/// Such a request once it keeps every rule, in our own words: the only one there is a signature for.
public struct AuthorizedHashedRequest: Sendable {
    /// One of an upload in parts, a list of its parts, or a HEAD.
    public let operation: ObjectOperation
    /// The one object key that it concerns.
    public let key: ByteString
    /// The type that a new object is declared to have.
    package let contentType: ByteString?
    private let text: ByteString
    private let time: SigningTime
    private let scope: CredentialScope
    private let credentials: Credentials

    fileprivate init(_ request: CheckedHashedRequest, _ text: ByteString, _ credentials: Credentials) {
        operation = request.operation
        key = request.key
        let type = request.headers.first { $0.name.is("content-type") }?.value
        contentType = request.operation.makesObject ? type : nil
        self.text = text
        time = request.time
        scope = request.scope
        self.credentials = credentials
    }

    /// HMAC-SHA256 in lower-case hexadecimal.
    public func sign(with keys: SigningKeyCache) -> ByteString {
        keys.key(secret: credentials.secret, scope: scope).signature(
            of: StringToSign(canonicalRequest: text, time: time, scope: scope))
    }
}

extension UploadRules {
    /// Checks such a request against every rule, and that it reads exactly as we would write it.
    ///
    /// `endpoint` is the one that browsers use; the bucket may be in its host or in the path. Throws all violations at once.
    public func authorize(
        _ request: HashedRESTRequest, for caller: Caller, signedBy credentials: Credentials, at endpoint: Endpoint,
        now: SigningTime
    ) throws(PolicyViolations) -> AuthorizedHashedRequest {
        guard let lines = request.lines else { throw PolicyViolations(all: request.violations) }
        let policy = PolicyCheck(rules: self, caller: caller, credentials: credentials, now: now)
        var check = HashedRequestCheck(request.line, lines, policy, at: endpoint)
        let checked = check.examine()
        guard check.policy.violations.isEmpty, let checked else {
            throw PolicyViolations(all: check.policy.violations)
        }
        let text = checked.canonicalRequest(in: bucket, at: endpoint)
        guard checked.head == request.head, text == request.canonicalRequest else {
            let message = "The text should be spelled exactly as S3 spells the request that it is about"
            throw PolicyViolations(all: [PolicyViolation(.conditions, message)])
        }
        return AuthorizedHashedRequest(checked, text, credentials)
    }
}
