/// A text to be signed cut at its line feeds, each line in its place; what the lines say is not looked at.
struct RESTRequestLines: Sendable {
    enum Version: Sendable {
        /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html#ConstructingTheAuthenticationHeader>
        case v2(contentMD5: ByteString, contentType: ByteString, date: ByteString, bucket: ByteString)
        /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html#canonical-request>
        case v4(
            algorithm: ByteString, date: ByteString, scope: ByteString, signedNames: ByteString, payloadHash: ByteString
        )
    }

    enum Invalid: Error {
        case bytes, tooManyHeaders, header, version2, version4

        var message: String {
            switch self {
            case .bytes: "The text should be lines of printable ASCII: percent-encode keys and metadata"
            case .tooManyHeaders: "The text should have at most \(RESTRequestLines.maximumHeaders) headers"
            case .header: "Every header line should be a name, a colon and a value"
            case .version2:
                "The text should be method, content MD5, content type, an empty line, the x-amz- headers and "
                    + "/bucket/key?query, one line each"
            case .version4:
                "The text should be algorithm, date, scope, method, path, query, the headers, an empty line, the "
                    + "headers' names and the payload's hash, one line each"
            }
        }
    }

    static let maximumHeaders = 100

    let operation: Result<MultipartOperation, MultipartOperation.Invalid>
    /// Decoded from the path, the slash before it left out; nil where it is not spelled as a key can be.
    let key: (text: ByteString, spelling: KeySpelling)?
    /// In the order of the text.
    let headers: [HeaderField]
    let version: Version

    /// The first line tells the versions apart: no method begins like version 4's algorithm.
    init(parsing text: ByteString) throws(Invalid) {
        let bytes = text.bytes
        var lines: [ByteString] = []
        lines.reserveCapacity(16)
        var start = bytes.startIndex
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\n") {
                lines.append(ByteString(bytes[start..<index]))
                start = index + 1
            } else if byte < 0x20 || byte > 0x7e {
                throw .bytes
            }
        }
        lines.append(ByteString(bytes[start...]))
        if text.begins(with: "AWS4-") {
            try self.init(version4: lines)
        } else {
            try self.init(version2: lines)
        }
    }

    private init(version2 lines: [ByteString]) throws(Invalid) {
        guard lines.count >= 5, let resource = lines.last, resource.bytes.first == UInt8(ascii: "/") else {
            throw .version2
        }
        let mark = resource.bytes.firstIndex(of: UInt8(ascii: "?")) ?? resource.bytes.endIndex
        let path = resource.bytes[..<mark].dropFirst()
        guard let slash = path.firstIndex(of: UInt8(ascii: "/")) else { throw .version2 }
        operation = Self.operation(lines[0], ByteString(resource.bytes[mark...].dropFirst()))
        key = KeySpelling.read(ByteString(path[(slash + 1)...]))
        headers = try Self.headers(lines[4..<(lines.count - 1)])
        version = .v2(
            contentMD5: lines[1], contentType: lines[2], date: lines[3], bucket: ByteString(path[..<slash]))
    }

    private init(version4 lines: [ByteString]) throws(Invalid) {
        guard lines.count >= 9, lines[lines.count - 3].isEmpty, lines[4].bytes.first == UInt8(ascii: "/") else {
            throw .version4
        }
        operation = Self.operation(lines[3], lines[5])
        key = KeySpelling.read(lines[4].dropFirst(1))
        headers = try Self.headers(lines[6..<(lines.count - 3)])
        version = .v4(
            algorithm: lines[0], date: lines[1], scope: lines[2], signedNames: lines[lines.count - 2],
            payloadHash: lines[lines.count - 1])
    }

    private static func operation(
        _ method: ByteString, _ query: ByteString
    ) -> Result<MultipartOperation, MultipartOperation.Invalid> {
        Result { () throws(MultipartOperation.Invalid) in try MultipartOperation(method: method, query: query) }
    }

    private static func headers(_ lines: ArraySlice<ByteString>) throws(Invalid) -> [HeaderField] {
        guard lines.count <= maximumHeaders else { throw .tooManyHeaders }
        var headers: [HeaderField] = []
        headers.reserveCapacity(lines.count)
        for line in lines {
            guard let colon = line.bytes.firstIndex(of: UInt8(ascii: ":")), colon > line.bytes.startIndex else {
                throw .header
            }
            headers.append(
                HeaderField(ByteString(line.bytes[..<colon]), ByteString(line.bytes[(colon + 1)...])))
        }
        return headers
    }
}
