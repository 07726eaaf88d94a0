/// How a client percent-encodes an object key in a URL's path: S3 takes each for the same key, and signs over what it got.
///
/// In every one of them `+` is a plus sign: only queries and forms write a space so.
enum KeySpelling: CaseIterable {
    /// RFC 3986, section 2.3, slashes as they are: Fine Uploader since 5.11.9.
    case segments
    /// JavaScript's `encodeURIComponent`, slashes as `%2F`, `!'()*` as they are: Fine Uploader up to 5.11.8.
    case component
    /// RFC 3986, section 2.3, slashes as `%2F`.
    case whole
    /// Whatever a path may hold stands for itself: RFC 3986, section 3.3.
    case path

    /// <https://www.rfc-editor.org/rfc/rfc3986#section-3.3>
    func append(_ key: ByteString, to output: inout [UInt8]) {
        for byte in key.bytes {
            if PercentEncoding.isUnreserved(byte) || keeps(byte) {
                output.append(byte)
            } else {
                PercentEncoding.appendEscape(of: byte, to: &output)
            }
        }
    }

    func spell(_ key: ByteString) -> ByteString {
        var output: [UInt8] = []
        output.reserveCapacity(key.count + 16)
        append(key, to: &output)
        return ByteString(output)
    }

    /// The key that `text` spells, and how; nil where it is none of these spellings of any key.
    static func read(_ text: ByteString) -> (text: ByteString, spelling: KeySpelling)? {
        // Most keys need no escape at all.
        if text.bytes.allSatisfy({ PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: "/") }) {
            return (text, .segments)
        }
        guard let key = try? PercentEncoding.decode(text) else { return nil }
        return allCases.first { $0.spell(key) == text }.map { (key, $0) }
    }

    private func keeps(_ byte: UInt8) -> Bool {
        switch self {
        case .segments: byte == UInt8(ascii: "/")
        case .component: "!'()*".utf8.contains(byte)
        case .whole: false
        case .path: "/!$&'()*+,;=:@".utf8.contains(byte)
        }
    }
}
