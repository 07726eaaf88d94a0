package import S3Authorization

/// Which bytes an object holds, as the store names them: `9b2cf535f27731c974343645a3985328-3`, without quotes.
///
/// One tag only: never `*`, never a list. https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
package struct ETag: Sendable, Hashable, CustomStringConvertible {
    package let text: ByteString

    /// Reads `"tag"`, `tag` and `W/"tag"`; nil for anything that could be more or less than one tag.
    package init?(parsing value: ByteString) {
        var bytes = value.trimmed.bytes
        if bytes.starts(with: "W/\"".utf8) { bytes = bytes.dropFirst(2) }
        if bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\""), bytes.count >= 2 {
            bytes = bytes.dropFirst().dropLast()
        }
        guard (1...128).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { return nil }
        text = ByteString(bytes)
    }

    package var quoted: ByteString { ByteString([UInt8(ascii: "\"")] + text.bytes + [UInt8(ascii: "\"")]) }

    package var description: String { text.description }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "-_.:=+/".utf8.contains(byte)
        }
    }
}
