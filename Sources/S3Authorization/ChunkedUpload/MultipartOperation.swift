/// The four requests of a multipart upload that clients may make, and no other.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>
public enum MultipartOperation: Sendable, Equatable {
    case initiate
    /// Number 1 to 10,000.
    case uploadPart(Int, uploadID: ByteString)
    case complete(uploadID: ByteString)
    /// Without an upload's id it would delete the object.
    case abort(uploadID: ByteString)

    static let lastPart: UInt64 = 10_000
    /// Amazon's have less than 200 bytes.
    static let longestUploadID = 1024

    /// What is wrong with a method and a query.
    enum Invalid: Error, Equatable {
        case operation, partNumber, uploadID
    }

    /// Reads the query's text: `uploads` (version 4 writes `uploads=`), `partNumber=3&uploadId=U` or `uploadId=U`.
    init(method: ByteString, query: ByteString) throws(Invalid) {
        if method.is("POST"), query.is("uploads") || query.is("uploads=") {
            self = .initiate
        } else if method.is("PUT"), query.begins(with: "partNumber="),
            let end = query.bytes.firstIndex(of: UInt8(ascii: "&")),
            let id = Self.value(of: "uploadId=", in: ByteString(query.bytes[(end + 1)...]))
        {
            let number = try Self.part(ByteString(query.bytes[..<end].dropFirst(11)))
            self = .uploadPart(number, uploadID: try Self.uploadID(id))
        } else if method.is("POST"), let id = Self.value(of: "uploadId=", in: query) {
            self = .complete(uploadID: try Self.uploadID(id))
        } else if method.is("DELETE"), let id = Self.value(of: "uploadId=", in: query) {
            self = .abort(uploadID: try Self.uploadID(id))
        } else {
            throw .operation
        }
    }

    private static func value(of name: StaticString, in text: ByteString) -> ByteString? {
        text.begins(with: name) ? text.dropFirst(name.utf8CodeUnitCount) : nil
    }

    private static func part(_ text: ByteString) throws(Invalid) -> Int {
        guard text.bytes.first != UInt8(ascii: "0"), let number = DecimalDigits.value(of: text), number <= lastPart
        else { throw .partNumber }
        return Int(number)
    }

    /// Those bytes only that no encoding changes: the query of version 2 is not encoded, that of version 4 is. With `&`
    /// among the refused, another parameter has no place either.
    private static func uploadID(_ text: ByteString) throws(Invalid) -> ByteString {
        guard (1...longestUploadID).contains(text.count), text.bytes.allSatisfy(PercentEncoding.isUnreserved) else {
            throw .uploadID
        }
        return text
    }

    var method: StaticString {
        switch self {
        case .initiate, .complete: "POST"
        case .uploadPart: "PUT"
        case .abort: "DELETE"
        }
    }

    /// The query, in the order of its names.
    func append(to output: inout [UInt8], version: SignatureVersion) {
        switch self {
        case .initiate: output.append(contentsOf: (version == .v4 ? "uploads=" : "uploads").utf8)
        case .uploadPart(let number, let id):
            output.append(contentsOf: "partNumber=\(number)&uploadId=".utf8)
            output.append(contentsOf: id.bytes)
        case .complete(let id), .abort(let id):
            output.append(contentsOf: "uploadId=".utf8)
            output.append(contentsOf: id.bytes)
        }
    }

    /// Whether S3 gets a body that the client alone knows.
    var hasBody: Bool {
        switch self {
        case .initiate, .abort: false
        case .uploadPart, .complete: true
        }
    }

    /// Whether the list of parts may be sent as this type. S3 asks for none and reads the list whatever it is called:
    /// Fine Uploader says `application/xml; charset=UTF-8`, other clients leave it to what sends their XML.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html>
    static func isTypeOfPartList(_ type: ByteString) -> Bool {
        guard !type.isEmpty else { return true }
        guard let type = ContentType(type), type.subtype.isInAnyCase("xml") else { return false }
        return type.type.isInAnyCase("application") || type.type.isInAnyCase("text")
    }

    /// For a log.
    package var name: StaticString {
        switch self {
        case .initiate: "initiate"
        case .uploadPart: "part"
        case .complete: "complete"
        case .abort: "abort"
        }
    }
}

extension MultipartOperation.Invalid {
    var place: ByteString {
        switch self {
        case .operation: "operation"
        case .partNumber: "partNumber"
        case .uploadID: "uploadId"
        }
    }

    var message: String {
        switch self {
        case .operation:
            "Only these are signed: POST ?uploads, PUT ?partNumber=N&uploadId=U, POST ?uploadId=U and DELETE ?uploadId=U"
        case .partNumber: "Should be a whole number from 1 to \(MultipartOperation.lastPart)"
        case .uploadID:
            "Should be 1 to \(MultipartOperation.longestUploadID) of the characters A-Z, a-z, 0-9, '-', '.', '_' and '~'"
        }
    }
}
