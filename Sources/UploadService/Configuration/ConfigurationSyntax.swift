/// What may be said of a TOML text that cannot be parsed.
enum ConfigurationSyntax {
    /// The parser's words without what they quote: a secret whose quotes were forgotten would stand there.
    ///
    /// Single characters stay.
    static func message(_ description: String) -> String {
        var message: [UInt8] = []
        var rest = Array(description.utf8)[...]
        while let byte = rest.first {
            rest = rest.dropFirst()
            message.append(byte)
            guard byte == UInt8(ascii: "'"), let close = rest.lastIndex(of: byte), close > rest.startIndex else {
                continue
            }
            let word = rest[..<(rest.firstIndex(of: byte) ?? close)]
            let isCharacter = String(decoding: word, as: UTF8.self).unicodeScalars.count == 1
            message += isCharacter ? word[...] : Array("…".utf8)[...]
            message.append(byte)
            rest = rest[(isCharacter ? word.endIndex : close)...].dropFirst()
        }
        return "not valid TOML: \(String(decoding: message, as: UTF8.self))"
    }

    /// Whether `\u0000` or `\U00000000` stands in a line.
    static func holdsEscapedZero(_ line: ArraySlice<UInt8>) -> Bool {
        line.indices.contains {
            line[$0...].starts(with: "\\u0000".utf8) || line[$0...].starts(with: "\\U00000000".utf8)
        }
    }
}
