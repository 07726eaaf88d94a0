/// Base 64 with padding, the standard alphabet and no line breaks: https://www.rfc-editor.org/rfc/rfc4648#section-4
package enum Base64 {
    package enum DecodingError: Error, Equatable {
        /// The number of characters is no multiple of four.
        case length
        /// A byte outside the alphabet, or padding anywhere but at the end.
        case character
        /// The last character has bits that no byte uses, so that two texts would decode to the same bytes.
        case trailingBits
    }

    package static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        output.reserveCapacity(output.count + (bytes.count + 2) / 3 * 4)
        var index = 0
        while index + 2 < bytes.count {
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2])
            output.append(character(group >> 18))
            output.append(character(group >> 12))
            output.append(character(group >> 6))
            output.append(character(group))
            index += 3
        }
        switch bytes.count - index {
        case 1:
            let group = UInt32(bytes[index]) << 16
            output.append(character(group >> 18))
            output.append(character(group >> 12))
            output.append(padding)
            output.append(padding)
        case 2:
            let group = UInt32(bytes[index]) << 16 | UInt32(bytes[index + 1]) << 8
            output.append(character(group >> 18))
            output.append(character(group >> 12))
            output.append(character(group >> 6))
            output.append(padding)
        default:
            break
        }
    }

    package static func encode(_ bytes: [UInt8]) -> ByteString {
        var output: [UInt8] = []
        append(bytes.span, to: &output)
        return ByteString(output)
    }

    package static func encode(_ bytes: ByteString) -> ByteString {
        var output: [UInt8] = []
        append(bytes.bytes.span, to: &output)
        return ByteString(output)
    }

    /// The bytes that encode to exactly `text`; there is one spelling for every value.
    package static func decode(_ text: ByteString) throws(DecodingError) -> [UInt8] {
        guard text.count % 4 == 0 else { throw .length }
        let paddings = text.bytes.suffix(2).reversed().prefix { $0 == padding }.count
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        var bits = 0
        for byte in text.bytes.dropLast(paddings) {
            guard let value = value(byte) else { throw .character }
            group = group << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                output.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        guard group & (1 << UInt32(bits) - 1) == 0 else { throw .trailingBits }
        return output
    }

    private static let padding = UInt8(ascii: "=")

    private static func character(_ group: UInt32) -> UInt8 {
        switch UInt8(truncatingIfNeeded: group & 63) {
        case let value where value < 26: value + UInt8(ascii: "A")
        case let value where value < 52: value - 26 + UInt8(ascii: "a")
        case let value where value < 62: value - 52 + UInt8(ascii: "0")
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
