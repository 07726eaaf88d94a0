internal import S3Authorization

/// What a client wants to be kept with its object, as headers that S3 takes and gives back.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata>
struct UploadMetadata: Equatable {
    /// Of all names and values together, in bytes.
    static let maximumSize = 2048
    private static let prefix: ByteString = "x-amz-meta-"

    /// `x-amz-meta-…`, each once.
    private(set) var headers: [HeaderField] = []

    init() {}

    /// Reads a JSON object of texts, numbers and booleans; what is null is left out.
    init(json: [UInt8]) throws(RequestError) {
        try self.init(try Self.pairs(json))
    }

    init(_ pairs: [(name: ByteString, value: ByteString)]) throws(RequestError) {
        var size = 0
        for (name, value) in pairs {
            guard Self.isName(name) else {
                throw .invalidField(
                    "metadata",
                    "'\(Self.shown(name))' can't be the name of metadata; use letters, digits, '-', '_' and '.'")
            }
            let header = HeaderField(
                ByteString(Self.prefix.bytes + name.lowercasedASCII.bytes), Self.encoded(value))
            guard !headers.contains(where: { $0.name == header.name }) else {
                throw .invalidField("metadata", "'\(name)' is there twice: to S3 large and small letters are the same")
            }
            size += name.count + header.value.count
            guard size <= Self.maximumSize else {
                throw .invalidField(
                    "metadata", "The metadata should have at most \(Self.maximumSize) bytes, names and values together")
            }
            headers.append(header)
        }
    }

    private static func pairs(_ json: [UInt8]) throws(RequestError) -> [(name: ByteString, value: ByteString)] {
        var pairs: [(name: ByteString, value: ByteString)] = []
        var wrong: ByteString?
        do throws(JSONError) {
            var reader = JSONReader(json)
            guard try reader.peek() == .object else {
                throw JSONError.unexpectedByte(at: 0)
            }
            var object = try reader.beginObject()
            while let name = try reader.nextMember(in: &object) {
                switch try reader.peek() {
                case .string: pairs.append((name, try reader.readString()))
                case .number, .boolean: pairs.append((name, try reader.readValue()))
                case .null: try reader.readNull()
                case .array, .object:
                    try reader.readValue()
                    wrong = wrong ?? name
                }
            }
            try reader.end()
        } catch {
            throw .invalidField("metadata", "The metadata should be an object")
        }
        if let wrong {
            throw .invalidField("metadata", "'\(Self.shown(wrong))' should be a text, a number or a boolean")
        }
        return pairs
    }

    /// Cut anywhere, and still UTF-8.
    private static func shown(_ name: ByteString) -> String { ByteString(name.bytes.prefix(80)).description }

    /// What is a header's name to every server on the way.
    private static func isName(_ name: ByteString) -> Bool {
        (1...128).contains(name.count)
            && name.bytes.allSatisfy { $0.isLetter || $0.isDigit || "-_.".utf8.contains($0) }
    }

    /// Printable ASCII as it is, anything else as one encoded word, which is what Companion sends and S3 itself answers:
    /// RFC 2047, section 2, <https://www.rfc-editor.org/rfc/rfc2047#section-2>.
    ///
    /// Spaces that a header would lose, and what looks like an encoded word, are encoded too: it all comes back as it was.
    static func encoded(_ value: ByteString) -> ByteString {
        let bytes = value.bytes
        let isPlain =
            bytes.allSatisfy { 0x20...0x7e ~= $0 } && bytes.first != 0x20 && bytes.last != 0x20
            && !zip(bytes, bytes.dropFirst()).contains { $0 == (0x20, 0x20) } && !value.begins(with: "=?")
        if isPlain { return value }
        return ByteString("=?UTF-8?B?".utf8 + Base64.encode(value).bytes + "?=".utf8)
    }
}
