/// Base 64 for URLs, without padding: <https://www.rfc-editor.org/rfc/rfc7515#section-2>
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> ByteString {
        ByteString(
            Base64.encode(bytes).bytes.prefix { $0 != UInt8(ascii: "=") }.map { byte in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                default: byte
                }
            })
    }

    /// The bytes that encode to exactly `text`; nil where there are none.
    package static func decode(_ text: ByteString) -> [UInt8]? {
        var standard: [UInt8] = []
        standard.reserveCapacity(text.count + 3)
        for byte in text.bytes {
            switch byte {
            case UInt8(ascii: "-"): standard.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): standard.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: standard.append(byte)
            }
        }
        while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
        return try? Base64.decode(ByteString(standard))
    }
}
