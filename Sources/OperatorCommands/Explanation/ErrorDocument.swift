internal import S3Authorization
internal import S3Client

/// The `<Error>` with which S3 refuses.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses
struct ErrorDocument {
    private let root: XMLElement

    /// Nil where the text is not such a document.
    init?(parsing text: [UInt8]) {
        guard let root = try? XMLElement(parsing: text), root.name.is("Error") else { return nil }
        self.root = root
    }

    var code: ByteString { root.text(of: "Code") ?? "" }
    var message: ByteString { root.text(of: "Message") ?? "" }

    subscript(name: ByteString) -> ByteString? {
        root.text(of: name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// An element's text by its bytes, where S3 gives these too: pasting has changed none of them.
    func exact(_ name: ByteString) -> ByteString? {
        guard let listed = self[ByteString(name.bytes + "Bytes".utf8)] else { return self[name] }
        var bytes: [UInt8] = []
        for word in listed.bytes.split(whereSeparator: ByteString.isWhiteSpace) {
            guard word.count == 2, let byte = UInt8(ByteString(word).description, radix: 16) else { return self[name] }
            bytes.append(byte)
        }
        return bytes.isEmpty ? self[name] : ByteString(bytes)
    }

    /// The instant in an element, in whichever spelling S3 chose.
    func time(_ name: ByteString) -> SigningTime? {
        guard let text = self[name] else { return nil }
        return SigningTime.Spelling.allCases.lazy.compactMap { try? SigningTime(parsing: text, as: $0) }.first
    }
}
