extension JSONReader {
    /// The digits of a number as they stand: whether they fit a type is for whoever uses them to say.
    ///
    /// RFC 8259, section 6, <https://www.rfc-editor.org/rfc/rfc8259#section-6>.
    package mutating func readNumber() throws(JSONError) -> ByteString {
        skipSpace()
        let start = position
        if try current() == UInt8(ascii: "-") { position += 1 }
        if try current() == UInt8(ascii: "0") {
            position += 1
        } else {
            try readDigits(from: start)
        }
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            try readDigits(from: start)
        }
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
                position += 1
            }
            try readDigits(from: start)
        }
        return ByteString(text[start..<position])
    }

    private mutating func readDigits(from start: Int) throws(JSONError) {
        let first = position
        while position < text.count, text[position] >= UInt8(ascii: "0"), text[position] <= UInt8(ascii: "9") {
            position += 1
        }
        guard position > first else { throw .badNumber(at: start) }
    }
}
