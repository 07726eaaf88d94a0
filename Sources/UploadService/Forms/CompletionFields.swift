internal import S3Authorization
internal import S3Client

/// The fields of a completion that are ours, still as they were posted.
struct CompletionFields {
    enum Field: String, CaseIterable {
        case key, bucket, uuid, name, filename, etag
        case signedID = "signed_id"

        init?(_ name: ByteString) {
            guard name.count <= 9, let field = name.string.flatMap(Field.init(rawValue:)) else { return nil }
            self = field
        }
    }

    static let maximumNameLength = 1024
    /// The longest that S3 takes: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>.
    static let maximumKeyLength = 1024
    static let maximumUUIDLength = 256

    private var values: [Field: ByteString] = [:]
    private(set) var problems: [RequestError.Detail] = []

    subscript(field: Field) -> ByteString? {
        guard let value = values[field], !value.isEmpty else { return nil }
        return value
    }

    /// A field given twice must say the same twice: which of the two another program takes is anybody's guess.
    mutating func set(_ field: Field, _ value: ByteString) {
        if let known = values[field], known != value {
            report(field, "This field is there twice, with different values.")
        }
        values[field] = value
    }

    mutating func report(_ field: Field, _ message: String) {
        let problem = RequestError.Detail(place: ByteString(field.rawValue), message: message)
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// A signed id stands for all that is required.
    mutating func require(_ fields: [Field]) {
        if self[.signedID] != nil { return }
        for field in fields where self[field] == nil && !problems.contains(where: { $0.place.is(field) }) {
            report(field, "This field is required.")
        }
    }

    /// What was posted, once every field is sound.
    mutating func post(
        _ dialect: CompletionPost.Dialect, name: Field, parameters: [JSONMember]
    ) throws(RequestError) -> CompletionPost {
        checkText(.key, limit: Self.maximumKeyLength)
        checkText(.uuid, limit: Self.maximumUUIDLength)
        checkText(name, limit: Self.maximumNameLength)
        let signedID = self[.signedID]
        let absent: ByteString? = signedID == nil ? nil : ""
        guard problems.isEmpty, let key = self[.key] ?? absent, let file = self[name] ?? absent else {
            throw .invalidCompletion(problems)
        }
        var etag: ETag?
        if let posted = self[.etag] {
            guard let tag = ETag(posted: posted) else { throw .invalidUpload }
            etag = tag
        }
        return CompletionPost(
            dialect: dialect, key: key, bucket: self[.bucket], name: file, uuid: self[.uuid], etag: etag,
            parameters: parameters, signedID: signedID)
    }

    private mutating func checkText(_ field: Field, limit: Int) {
        guard let value = self[field] else { return }
        if value.count > limit {
            report(field, "This field should have at most \(limit) bytes.")
        } else if value.hasControlCharacter {
            report(field, "This field should not have control characters.")
        }
    }
}

extension ByteString {
    fileprivate func `is`(_ field: CompletionFields.Field) -> Bool { self == ByteString(field.rawValue) }
}

extension ETag {
    /// As a browser reports it: in quotes, bare, or as it stood in the query of S3's redirect, `%22…%22`.
    init?(posted value: ByteString) {
        guard !value.hasControlCharacter, let decoded = try? PercentEncoding.decode(value) else { return nil }
        guard !decoded.hasControlCharacter else { return nil }
        self.init(parsing: decoded)
    }
}

extension RequestError {
    /// drf-to-s3's text, the fields in the order in which they were looked at.
    static func invalidCompletion(_ problems: [Detail]) -> RequestError {
        var names: [String] = []
        for problem in problems where !names.contains(problem.place.description) {
            names.append(problem.place.description)
        }
        return RequestError(
            status: 400, code: "invalid_completion",
            message: "Unable to complete your request. Errors with \(names.joined(separator: ", "))", details: problems)
    }

    static func malformedForm(_ error: FormError) -> RequestError {
        RequestError(status: 400, code: "malformed_form", message: "Malformed form: \(error)")
    }
}
