internal import S3Authorization

/// The small part of XML that S3 answers in, read strictly: elements, attributes that are skipped, text, comments.
///
/// No document type, no CDATA, no processing instruction but the declaration, no entity but the five of XML and
/// numeric ones: https://www.w3.org/TR/xml/
struct XMLScanner {
    enum Token: Equatable {
        case start(ByteString)
        case end(ByteString)
        case text(ByteString)
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int
    /// The end that an empty element `<a/>` still owes.
    private var owed: ByteString?

    init(_ bytes: [UInt8]) throws(XMLError) {
        guard ByteString(bytes).string != nil else { throw .notUTF8 }
        self.bytes = bytes[...]
        position = 0
        // Kept-alive answers may have white space before the declaration too.
        skipWhiteSpace()
        if take("<?xml") {
            guard let end = firstIndex(of: "?>") else { throw .unexpectedEnd }
            position = end + 2
        }
    }

    /// Nil at the end of the text; text between tags comes in pieces where comments interrupt it.
    mutating func next() throws(XMLError) -> Token? {
        if let name = owed {
            owed = nil
            return .end(name)
        }
        while take("<!--") {
            guard let end = firstIndex(of: "--") else { throw .unexpectedEnd }
            position = end
            guard take("-->") else { throw .syntax(at: position) }
        }
        guard position < bytes.endIndex else { return nil }
        guard bytes[position] == UInt8(ascii: "<") else { return .text(try text()) }
        if take("</") {
            let name = try name()
            skipWhiteSpace()
            try expect(">")
            return .end(name)
        }
        // `<!DOCTYPE`, `<![CDATA[` and `<?` end here: no name begins so.
        position += 1
        return .start(try startTag())
    }

    private mutating func startTag() throws(XMLError) -> ByteString {
        let name = try name()
        while true {
            let before = position
            skipWhiteSpace()
            if take("/>") {
                owed = name
                return name
            }
            if take(">") { return name }
            guard position > before else { throw position < bytes.endIndex ? .syntax(at: position) : .unexpectedEnd }
            _ = try self.name()
            skipWhiteSpace()
            try expect("=")
            skipWhiteSpace()
            try skipAttributeValue()
        }
    }

    private mutating func skipAttributeValue() throws(XMLError) {
        guard position < bytes.endIndex else { throw .unexpectedEnd }
        let quote = bytes[position]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw .syntax(at: position) }
        guard let end = bytes[(position + 1)...].firstIndex(of: quote) else { throw .unexpectedEnd }
        guard !bytes[position..<end].contains(UInt8(ascii: "<")) else { throw .syntax(at: position) }
        position = end + 1
    }

    private mutating func name() throws(XMLError) -> ByteString {
        let name = bytes[position...].prefix(while: Self.isName)
        guard let first = name.first else { throw position < bytes.endIndex ? .syntax(at: position) : .unexpectedEnd }
        guard Self.isNameStart(first), name.count <= 64 else { throw .syntax(at: position) }
        position = name.endIndex
        return ByteString(name)
    }

    private mutating func text() throws(XMLError) -> ByteString {
        let raw = bytes[position...].prefix { $0 != UInt8(ascii: "<") }
        let start = position
        position = raw.endIndex
        guard raw.contains(UInt8(ascii: "&")) || raw.contains(0) else { return ByteString(raw) }
        var output: [UInt8] = []
        output.reserveCapacity(raw.count)
        var rest = raw
        while let byte = rest.first {
            guard byte != 0 else { throw .syntax(at: rest.startIndex) }
            guard byte == UInt8(ascii: "&") else {
                output.append(byte)
                rest = rest.dropFirst()
                continue
            }
            guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")),
                let character = Self.character(ByteString(rest[(rest.startIndex + 1)..<end]))
            else { throw .entity(at: start) }
            output.append(contentsOf: character)
            rest = rest[(end + 1)...]
        }
        return ByteString(output)
    }

    /// What a reference stands for: https://www.w3.org/TR/xml/#sec-references
    private static func character(_ name: ByteString) -> [UInt8]? {
        switch name.description {
        case "quot": return [UInt8(ascii: "\"")]
        case "amp": return [UInt8(ascii: "&")]
        case "lt": return [UInt8(ascii: "<")]
        case "gt": return [UInt8(ascii: ">")]
        case "apos": return [UInt8(ascii: "'")]
        default: break
        }
        let value: UInt32?
        if name.begins(with: "#x") {
            let digits = name.dropFirst(2)
            let isHexadecimal = digits.bytes.allSatisfy {
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 | 0x20
            }
            value = isHexadecimal ? UInt32(digits.description, radix: 16) : nil
        } else if name.begins(with: "#") {
            value = DecimalDigits.value(of: name.dropFirst(1)).flatMap { UInt32(exactly: $0) }
        } else {
            value = nil
        }
        guard let value, value != 0, let scalar = Unicode.Scalar(value) else { return nil }
        return Array(String(Character(scalar)).utf8)
    }

    private mutating func take(_ literal: StaticString) -> Bool {
        guard ByteString(bytes[position...]).begins(with: literal) else { return false }
        position += literal.utf8CodeUnitCount
        return true
    }

    private mutating func expect(_ literal: StaticString) throws(XMLError) {
        guard take(literal) else { throw position < bytes.endIndex ? .syntax(at: position) : .unexpectedEnd }
    }

    private func firstIndex(of literal: StaticString) -> Int? {
        (position..<bytes.endIndex).first { ByteString(bytes[$0...]).begins(with: literal) }
    }

    private mutating func skipWhiteSpace() {
        while position < bytes.endIndex, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 && byte & 0x40 != 0 || byte == UInt8(ascii: "_")
    }

    private static func isName(_ byte: UInt8) -> Bool {
        isNameStart(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-.:".utf8.contains(byte)
    }
}
