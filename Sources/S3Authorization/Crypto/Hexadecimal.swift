/// Base 16 in lower case, as every hash and signature of version 4 is written.
package enum Hexadecimal {
    package static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        output.reserveCapacity(output.count + bytes.count * 2)
        for byte in bytes {
            output.append(digit(byte >> 4))
            output.append(digit(byte & 15))
        }
    }

    package static func encode(_ bytes: [UInt8]) -> ByteString {
        var output: [UInt8] = []
        append(bytes, to: &output)
        return ByteString(output)
    }

    /// The digits of one digest, without an array for them.
    static func digits(of digest: InlineArray<32, UInt8>) -> InlineArray<64, UInt8> {
        InlineArray { index in
            digit(index.isMultiple(of: 2) ? digest[index / 2] >> 4 : digest[index / 2] & 15)
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
