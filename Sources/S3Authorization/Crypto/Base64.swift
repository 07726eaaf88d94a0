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
        let length = (bytes.count + 2) / 3 * 4
        let encoded = unsafe [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            unsafe bytes.withUnsafeBufferPointer { unsafe encode($0, into: buffer) }
            count = length
        }
        if output.isEmpty { output = encoded } else { output += encoded }
    }

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>) {
        let whole = bytes.count / 3
        unsafe alphabet.utf8Start.withMemoryRebound(to: UInt8.self, capacity: 64) { alphabet in
            let raw = UnsafeRawBufferPointer(bytes)
            let texts = UnsafeMutableRawBufferPointer(output)
            // Four bytes are loaded for three, so the last group is left to the end.
            var group = 0
            while group &* 3 &+ 4 <= raw.count {
                let bits = unsafe UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: group &* 3, as: UInt32.self))
                let text =
                    unsafe UInt32(alphabet[Int(bits &>> 26)]) | UInt32(alphabet[Int(bits &>> 20 & 63)]) &<< 8
                    | UInt32(alphabet[Int(bits &>> 14 & 63)]) &<< 16 | UInt32(alphabet[Int(bits &>> 8 & 63)]) &<< 24
                unsafe texts.storeBytes(of: text.littleEndian, toByteOffset: group &* 4, as: UInt32.self)
                group &+= 1
            }
            for group in group..<whole {
                let bits =
                    unsafe UInt32(bytes[group * 3]) << 16 | UInt32(bytes[group * 3 + 1]) << 8
                    | UInt32(bytes[group * 3 + 2])
                unsafe output[group * 4] = alphabet[Int(bits >> 18)]
                unsafe output[group * 4 + 1] = alphabet[Int(bits >> 12 & 63)]
                unsafe output[group * 4 + 2] = alphabet[Int(bits >> 6 & 63)]
                unsafe output[group * 4 + 3] = alphabet[Int(bits & 63)]
            }
            let left = bytes.count - whole * 3
            guard left > 0 else { return }
            let bits = unsafe UInt32(bytes[whole * 3]) << 16 | (left == 2 ? UInt32(bytes[whole * 3 + 1]) << 8 : 0)
            unsafe output[whole * 4] = alphabet[Int(bits >> 18)]
            unsafe output[whole * 4 + 1] = alphabet[Int(bits >> 12 & 63)]
            unsafe output[whole * 4 + 2] = left == 2 ? alphabet[Int(bits >> 6 & 63)] : padding
            unsafe output[whole * 4 + 3] = padding
        }
    }

    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

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
