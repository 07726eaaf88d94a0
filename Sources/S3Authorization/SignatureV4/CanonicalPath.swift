/// The path of a canonical request, from the path as it stands in the request line.
struct CanonicalPath: Sendable, Equatable {
    enum Rules: Sendable {
        /// The path of the request line as it is: S3 encodes a key once and normalises nothing.
        case s3
        /// What every other service does: encoded on top of the request line's encoding, dots and empty parts resolved
        /// where `normalizes`.
        case otherService(normalizes: Bool)
    }

    let text: ByteString

    init(_ path: ByteString, rules: Rules = .s3) {
        let path = path.isEmpty ? "/" : path
        switch rules {
        case .s3:
            text = path
        case .otherService(normalizes: false):
            text = PercentEncoding.encode(path, keepingSlash: true)
        case .otherService(normalizes: true):
            text = PercentEncoding.encode(Self.normalized(path), keepingSlash: true)
        }
    }

    private static func normalized(_ path: ByteString) -> ByteString {
        var parts: [ArraySlice<UInt8>] = []
        for part in path.bytes.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8) {
                _ = parts.popLast()
            } else {
                parts.append(part)
            }
        }
        var output: [UInt8] = []
        for part in parts {
            output.append(UInt8(ascii: "/"))
            output.append(contentsOf: part)
        }
        if output.isEmpty || path.bytes.last == UInt8(ascii: "/") { output.append(UInt8(ascii: "/")) }
        return ByteString(output)
    }
}
