/// The words of a query without `=`, which a web server hands to a CGI program as its arguments.
///
/// RFC 3875, section 4.4, <https://www.rfc-editor.org/rfc/rfc3875#section-4.4>.
package struct QueryWords {
    private let words: [[UInt8]]

    /// Nil where no server makes arguments of the query.
    package init?(_ query: ArraySlice<UInt8>) {
        guard !query.isEmpty, !query.contains(UInt8(ascii: "=")) else { return nil }
        words = query.split(separator: UInt8(ascii: "+")).map(Self.decode)
    }

    /// Whether these are the words and nothing else. Servers put backslashes before what means something to a shell, so
    /// backslashes do not count.
    package func areAll(of arguments: [[UInt8]]) -> Bool {
        func plain(_ words: [[UInt8]]) -> [[UInt8]] { words.map { $0.filter { $0 != UInt8(ascii: "\\") } } }
        return plain(words) == plain(arguments)
    }

    /// As C programs do it: what is no escape stays, and a zero byte ends the word.
    private static func decode(_ word: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = word
        while let byte = rest.popFirst() {
            var byte = byte
            if byte == UInt8(ascii: "%"), let escape = String(validating: rest.prefix(2), as: UTF8.self),
                escape.utf8.count == 2, escape.utf8.allSatisfy({ UInt8(ascii: "+") != $0 && UInt8(ascii: "-") != $0 }),
                let value = UInt8(escape, radix: 16)
            {
                byte = value
                rest = rest.dropFirst(2)
            }
            guard byte != 0 else { break }
            decoded.append(byte)
        }
        return decoded
    }
}
