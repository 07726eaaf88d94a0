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

    /// What is wrong with a method and a query, and where.
    struct Invalid: Error, Equatable {
        let place: ByteString
        let message: String
    }

    /// Reads the query's text: `uploads` (version 4 writes `uploads=`), `partNumber=3&uploadId=U` or `uploadId=U`.
    init(method: ByteString, query: ByteString) throws(Invalid) {
        let parameters = query.bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
            .map(Self.parameter)
        let names = parameters.map(\.name)
        if method.is("POST"), names == ["uploads"], parameters[0].value.isEmpty {
            self = .initiate
        } else if method.is("PUT"), names == ["partNumber", "uploadId"] {
            self = .uploadPart(try Self.part(parameters[0].value), uploadID: try Self.uploadID(parameters[1].value))
        } else if method.is("POST"), names == ["uploadId"] {
            self = .complete(uploadID: try Self.uploadID(parameters[0].value))
        } else if method.is("DELETE"), names == ["uploadId"] {
            self = .abort(uploadID: try Self.uploadID(parameters[0].value))
        } else {
            throw Invalid(
                place: "operation",
                message: "Only these are signed: POST ?uploads, PUT ?partNumber=N&uploadId=U, POST ?uploadId=U "
                    + "and DELETE ?uploadId=U")
        }
    }

    private static func parameter(_ text: ArraySlice<UInt8>) -> QueryParameter {
        let equals = text.firstIndex(of: UInt8(ascii: "=")) ?? text.endIndex
        return QueryParameter(ByteString(text[..<equals]), ByteString(text[equals...].dropFirst()))
    }

    private static func part(_ text: ByteString) throws(Invalid) -> Int {
        guard text.bytes.first != UInt8(ascii: "0"), let number = DecimalDigits.value(of: text), number <= lastPart
        else { throw Invalid(place: "partNumber", message: "Should be a whole number from 1 to \(lastPart)") }
        return Int(number)
    }

    /// Those bytes only that no encoding changes: the query of version 2 is not encoded, that of version 4 is.
    private static func uploadID(_ text: ByteString) throws(Invalid) -> ByteString {
        guard (1...longestUploadID).contains(text.count), text.bytes.allSatisfy(PercentEncoding.isUnreserved) else {
            let message = "Should be 1 to \(longestUploadID) of the characters A-Z, a-z, 0-9, '-', '.', '_' and '~'"
            throw Invalid(place: "uploadId", message: message)
        }
        return text
    }

    var method: ByteString {
        switch self {
        case .initiate, .complete: "POST"
        case .uploadPart: "PUT"
        case .abort: "DELETE"
        }
    }

    var query: [QueryParameter] {
        switch self {
        case .initiate: [QueryParameter("uploads")]
        case .uploadPart(let number, let id):
            [QueryParameter("partNumber", ByteString("\(number)")), QueryParameter("uploadId", id)]
        case .complete(let id), .abort(let id): [QueryParameter("uploadId", id)]
        }
    }

    /// Whether S3 gets a body that the client alone knows.
    var hasBody: Bool {
        switch self {
        case .initiate, .abort: false
        case .uploadPart, .complete: true
        }
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
