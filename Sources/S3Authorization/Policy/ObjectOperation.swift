/// A single request to S3 about one object that a client may be given a URL for.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
public enum ObjectOperation: Sendable, Equatable {
    case put
    case createMultipartUpload
    case uploadPart(number: Int, uploadID: ByteString)
    case listParts(uploadID: ByteString)
    case completeMultipartUpload(uploadID: ByteString)
    case abortMultipartUpload(uploadID: ByteString)
    case delete

    var method: ByteString {
        switch self {
        case .put, .uploadPart: "PUT"
        case .createMultipartUpload, .completeMultipartUpload: "POST"
        case .listParts: "GET"
        case .abortMultipartUpload, .delete: "DELETE"
        }
    }

    var query: [QueryParameter] {
        switch self {
        case .put, .delete: []
        case .createMultipartUpload: [QueryParameter("uploads")]
        case .uploadPart(let number, let uploadID):
            [QueryParameter("partNumber", ByteString("\(number)")), QueryParameter("uploadId", uploadID)]
        case .listParts(let uploadID), .completeMultipartUpload(let uploadID), .abortMultipartUpload(let uploadID):
            [QueryParameter("uploadId", uploadID)]
        }
    }

    /// Whether it makes an object, which then has a type and an ACL.
    var makesObject: Bool { self == .put || self == .createMultipartUpload }

    fileprivate var uploadID: ByteString? {
        switch self {
        case .put, .createMultipartUpload, .delete: nil
        case .uploadPart(_, let uploadID), .listParts(let uploadID), .completeMultipartUpload(let uploadID),
            .abortMultipartUpload(let uploadID):
            uploadID
        }
    }
}

/// An operation that keeps every rule that a URL can hold a client to.
public struct AuthorizedOperation: Sendable {
    /// The one object that it is about.
    public var key: ByteString { request.key }
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
        if case .uploadPart(let number, _) = operation, !(1...10_000).contains(number) {
            refuse("partNumber", "The part number should be between 1 and 10000")
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
        (1...1024).contains(text.count) && text.bytes.allSatisfy { (0x21...0x7e).contains($0) }
    }
}
