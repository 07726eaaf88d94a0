internal import S3Authorization

/// Base 64 for URLs, without padding: <https://www.rfc-editor.org/rfc/rfc7515#section-2>
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> ByteString {
        ByteString(
            Base64.encode(bytes).bytes.prefix { $0 != UInt8(ascii: "=") }.map { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: byte
                }
            })
    }
}
