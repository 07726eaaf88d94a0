/// What may be said of a TOML text that cannot be parsed.
enum ConfigurationSyntax {
    /// The parser's words, without what they quote: a secret whose quotes were forgotten would stand there.
    ///
    /// A single character stays.
    static func message(_ description: String) -> String {
        let prefix = "Error while parsing "
        var words = Substring(description.hasPrefix(prefix) ? String(description.dropFirst(prefix.count)) : description)
        if let open = words.firstIndex(of: "'"), let close = words.lastIndex(of: "'"), open < close {
            let quote = words[words.index(after: open)..<close]
            if quote.unicodeScalars.count > 1 {
                words = words[...open] + "…" + words[close...]
            }
        }
        let kinds = ["value:", "boolean:", "floating-point:", "decimal integer:", "date:", "time:"]
        let advice = kinds.contains { words.hasPrefix($0) } ? "; a string must stand in quotes" : ""
        return "is not valid TOML: \(words)\(advice)"
    }

    /// Whether `\u0000` or `\U00000000` stands in a line.
    static func holdsEscapedZero(_ line: [UInt8]) -> Bool {
        line.holds("\\u0000") || line.holds("\\U00000000")
    }
}
