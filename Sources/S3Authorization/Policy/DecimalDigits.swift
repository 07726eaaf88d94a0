/// Whole numbers as clients spell them: ASCII digits and nothing else.
package enum DecimalDigits {
    /// The value, or nil where there is no digit, another byte, or more than 19 digits.
    package static func value(of text: ByteString) -> UInt64? {
        guard (1...19).contains(text.count) else { return nil }
        var value: UInt64 = 0
        for byte in text.bytes {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        return value
    }
}
