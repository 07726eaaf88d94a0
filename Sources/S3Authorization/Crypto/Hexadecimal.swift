/// Base 16 in lower case, as every hash and signature of version 4 is written.
package enum Hexadecimal {
    package static func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count * 2) { digits in
            for index in bytes.indices {
                unsafe digits.initializeElement(at: index * 2, to: digit(bytes[index] >> 4))
                unsafe digits.initializeElement(at: index * 2 + 1, to: digit(bytes[index] & 15))
            }
            unsafe output.append(contentsOf: UnsafeBufferPointer(digits))
        }
    }

    package static func append(_ bytes: [UInt8], to output: inout [UInt8]) {
        append(bytes.span, to: &output)
    }

    package static func encode(_ bytes: Span<UInt8>) -> ByteString {
        var output: [UInt8] = []
        append(bytes, to: &output)
        return ByteString(output)
    }

    package static func encode(_ bytes: [UInt8]) -> ByteString {
        encode(bytes.span)
    }

    /// The digits of one digest, without an array for them.
    static func digits(of digest: InlineArray<32, UInt8>) -> InlineArray<64, UInt8> {
        InlineArray { index in
            digit(index.isMultiple(of: 2) ? digest[index / 2] >> 4 : digest[index / 2] & 15)
        }
    }

    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
