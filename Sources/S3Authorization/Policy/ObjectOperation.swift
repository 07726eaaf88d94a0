/// A single request to S3 about one object that a client may have signed.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
public enum ObjectOperation: Sendable, Equatable {
    case put
    case multipart(MultipartOperation)
    /// From the first part on, or from the one after a number.
    case listParts(uploadID: ByteString, after: Int? = nil)
    case head
    case delete

    var method: ByteString {
        switch self {
        case .put: "PUT"
        case .multipart(let operation): ByteString("\(operation.method)")
        case .listParts: "GET"
        case .head: "HEAD"
        case .delete: "DELETE"
        }
    }

    var query: [QueryParameter] {
        switch self {
        case .put, .head, .delete: []
        case .multipart(.initiate): [QueryParameter("uploads")]
        case .multipart(.uploadPart(let number, let uploadID)):
            [QueryParameter("partNumber", ByteString("\(number)")), QueryParameter("uploadId", uploadID)]
        case .multipart(.complete(let uploadID)), .multipart(.abort(let uploadID)):
            [QueryParameter("uploadId", uploadID)]
        case .listParts(let uploadID, let marker):
            (marker.map { [QueryParameter("part-number-marker", ByteString("\($0)"))] } ?? [])
                + [QueryParameter("uploadId", uploadID)]
        }
    }

    /// Whether it makes an object, which then has a type and an ACL.
    package var makesObject: Bool { self == .put || self == .multipart(.initiate) }

    fileprivate var uploadID: ByteString? {
        switch self {
        case .put, .multipart(.initiate), .head, .delete: nil
        case .multipart(.uploadPart(_, let uploadID)), .multipart(.complete(let uploadID)),
            .multipart(.abort(let uploadID)), .listParts(let uploadID, _):
            uploadID
        }
    }
}

/// An operation that keeps every rule that a URL can hold a client to.
public struct AuthorizedOperation: Sendable {
    /// The one object that it is about.
    public var key: ByteString { request.key }
    /// When the URL stops being good, unless the credentials that sign it do so before.
    public var expiration: SigningTime { request.expiration }
    private let request: PresignableRequest

    fileprivate init(_ request: PresignableRequest) {
        self.request = request
    }

    /// The URL, and the headers that must go with it.
    public func presigned(
        by signer: Signer, at endpoint: Endpoint, addressing: Addressing
    ) throws(AuthorizedUpload.Unsignable) -> PresignedUpload {
        try request.presigned(by: signer, at: endpoint, addressing: addressing)
    }
}

extension UploadRules {
    /// Checks an operation on an object of the caller's: the key, the numbers and, where it is given, the type.
    ///
    /// Nothing in it bounds an object's size. `lifetime` in seconds may shorten ``expiresAfter``. Throws all violations at
    /// once; their places are `key`, `Content-Type`, `partNumber` and `uploadId`.
    public func authorize(
        _ operation: ObjectOperation, on key: ByteString, contentType: ByteString? = nil, for caller: Caller,
        lifetime: Int64? = nil, at now: SigningTime
    ) throws(PolicyViolations) -> AuthorizedOperation {
        var violations: [PolicyViolation] = []
        func refuse(_ element: ByteString, _ message: String, _ kind: PolicyViolation.Kind = .invalid) {
            violations.append(PolicyViolation(.condition(element), message, kind: kind))
        }
        if let (message, kind) = KeyRules(characters: keyCharacters, prefix: caller.prefix).violation(of: key) {
            refuse("key", message, kind)
        }
        let type = operation.makesObject ? contentType : nil
        if let type, let (message, kind) = violation(ofContentType: .string(type)) {
            refuse("Content-Type", message, kind)
        }
        if case .multipart(.uploadPart(let number, _)) = operation,
            number < 1 || number > MultipartOperation.lastPart
        {
            refuse("partNumber", "Should be a whole number from 1 to \(MultipartOperation.lastPart)")
        }
        if let uploadID = operation.uploadID, !Self.isUploadID(uploadID) {
            refuse("uploadId", "Invalid upload id")
        }
        guard violations.isEmpty else { throw PolicyViolations(all: violations) }
        let seconds = min(expiresAfter, max(1, lifetime ?? expiresAfter))
        var request = PresignableRequest(
            method: operation.method, key: key, rules: self,
            version: signatureVersions.contains(.v4) ? .v4 : .v2, now: now,
            expiration: (try? now.adding(seconds: seconds)) ?? now)
        request.query = operation.query
        if let type { request.headers = [HeaderField("content-type", type)] }
        if operation.makesObject { request.acl = acl }
        return AuthorizedOperation(request)
    }

    /// S3 documents no form for it; every store's is visible ASCII.
    static func isUploadID(_ text: ByteString) -> Bool {
        (1...MultipartOperation.longestUploadID).contains(text.count)
            && text.bytes.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
