extension JSONReader {
    /// The characters of a string, its escapes resolved; a slice of the text where it has none.
    ///
    /// RFC 8259, section 7, <https://www.rfc-editor.org/rfc/rfc8259#section-7>.
    package mutating func readString() throws(JSONError) -> ByteString {
        try expect(UInt8(ascii: "\""))
        let start = position
        try skipPlainCharacters()
        if text[position] == UInt8(ascii: "\"") {
            position += 1
            return ByteString(text[start..<(position - 1)])
        }
        var decoded = Array(text[start..<position])
        while text[position] != UInt8(ascii: "\"") {
            try readEscape(into: &decoded)
            let plain = position
            try skipPlainCharacters()
            decoded += text[plain..<position]
        }
        position += 1
        return ByteString(decoded)
    }

    /// Moves on to the next quote or backslash, both of which are there when it returns.
    private mutating func skipPlainCharacters() throws(JSONError) {
        while true {
            let start = position
            position += unsafe text.withUnsafeBufferPointer { unsafe PlainCharacters.count(in: $0, from: start) }
            let byte = try current()
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            if byte < 0x20 { throw .controlCharacterInString(at: position) }
            try skipMultibyteCharacter(byte)
        }
    }

    /// Well-formed sequences only: Unicode 16, table 3-7, <https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/#G27506>.
    private mutating func skipMultibyteCharacter(_ lead: UInt8) throws(JSONError) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        case 0xf1...0xf3: length = 4
        default: throw .notUTF8(at: position)
        }
        guard position + length <= text.count, second.contains(text[position + 1]),
            text[(position + 1)..<(position + length)].allSatisfy({ (0x80...0xbf).contains($0) })
        else { throw .notUTF8(at: position) }
        position += length
    }

    private mutating func readEscape(into decoded: inout [UInt8]) throws(JSONError) {
        let start = position
        position += 1
        let letter = try current()
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(letter)
        case UInt8(ascii: "b"): decoded.append(0x08)
        case UInt8(ascii: "f"): decoded.append(0x0c)
        case UInt8(ascii: "n"): decoded.append(0x0a)
        case UInt8(ascii: "r"): decoded.append(0x0d)
        case UInt8(ascii: "t"): decoded.append(0x09)
        case UInt8(ascii: "u"): decoded += UTF8.encode(try readUnicodeEscape(from: start)) ?? .init()
        default: throw .badEscape(at: start)
        }
    }

    private mutating func readUnicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try readHexadecimals(from: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xd800...0xdbff).contains(first), position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
            text[position + 1] == UInt8(ascii: "u")
        else { throw .loneSurrogate(at: start) }
        position += 2
        let second = try readHexadecimals(from: start)
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first - 0xd800) << 10 | UInt32(second - 0xdc00)))
        else { throw .loneSurrogate(at: start) }
        return scalar
    }

    private mutating func readHexadecimals(from start: Int) throws(JSONError) -> UInt16 {
        guard position + 4 <= text.count else { throw .unexpectedEnd }
        var value: UInt16 = 0
        for byte in text[position..<(position + 4)] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(byte & 0x0f)
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
                value = value << 4 | UInt16((byte & 0x0f) + 9)
            default: throw .badEscape(at: start)
            }
        }
        position += 4
        return value
    }
}
