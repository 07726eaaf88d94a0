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
        var encoded = [UInt8](repeating: padding, count: length)
        unsafe encoded.withUnsafeMutableBufferPointer { encoded in
            unsafe bytes.withUnsafeBufferPointer { unsafe encode($0, into: encoded) }
        }
        if output.isEmpty { output = encoded } else { output += encoded }
    }

    /// Of every twelve bits their two characters, the first in the lower byte: one look for a byte and a half.
    private static let pairs: [UInt16] = {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        return (0..<4096).map { UInt16(alphabet[$0 >> 6]) | UInt16(alphabet[$0 & 63]) << 8 }
    }()

    private static func encode(_ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>) {
        unsafe pairs.withUnsafeBufferPointer { pairs in
            let raw = UnsafeRawBufferPointer(bytes)
            let texts = UnsafeMutableRawBufferPointer(output)
            var (from, to) = (0, 0)
            // Eight bytes are loaded for six, so what is left is up to nine bytes.
            while raw.count &- from >= 8 {
                let bits = unsafe UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: from, as: UInt64.self))
                for pair in 0..<4 {
                    let text = unsafe pairs[Int(truncatingIfNeeded: bits &>> UInt64(52 &- 12 &* pair) & 0xfff)]
                    unsafe texts.storeBytes(of: text.littleEndian, toByteOffset: to &+ 2 &* pair, as: UInt16.self)
                }
                from &+= 6
                to &+= 8
            }
            while from < raw.count {
                let left = min(3, raw.count &- from)
                var bits = 0
                for index in 0..<3 { bits = unsafe bits << 8 | (index < left ? Int(raw[from &+ index]) : 0) }
                let first = unsafe pairs[bits >> 12]
                let second = unsafe pairs[bits & 0xfff]
                unsafe texts.storeBytes(of: first.littleEndian, toByteOffset: to, as: UInt16.self)
                if left > 1 { unsafe texts[to &+ 2] = UInt8(truncatingIfNeeded: second) }
                if left > 2 { unsafe texts[to &+ 3] = UInt8(truncatingIfNeeded: second >> 8) }
                from &+= 3
                to &+= 4
            }
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
