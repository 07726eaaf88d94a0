internal import S3Authorization

/// The first byte at which two texts part.
package struct Difference: Sendable, Equatable {
    /// What they are: `canonical request`, `string to sign`.
    package let part: String
    /// From 0.
    package let offset: Int
    /// From 1.
    package let line: Int
    /// Bytes before it on its line.
    package let column: Int
    /// That line of each text, printable.
    package let received: String
    package let expected: String
    /// The character in the printable lines under which the mark stands.
    let mark: Int

    /// Nil where the texts are the same.
    init?(_ part: String, received: ByteString, expected: ByteString) {
        let common = zip(received.bytes, expected.bytes).prefix { $0 == $1 }.count
        guard common < received.count || common < expected.count else { return nil }
        let before = received.bytes.prefix(common)
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 - before.startIndex + 1 } ?? 0
        self.part = part
        offset = common
        line = before.count { $0 == UInt8(ascii: "\n") } + 1
        column = common - lineStart
        // Long lines are cut to what stands around the place.
        let start = max(lineStart, common - Self.context)
        self.received = Self.line(of: received, from: start, isCut: start > lineStart)
        self.expected = Self.line(of: expected, from: start, isCut: start > lineStart)
        mark =
            Printable.text(received.bytes.dropFirst(start).prefix(common - start)).count + (start > lineStart ? 1 : 0)
    }

    /// Bytes that are shown before the place, and twice as many after it.
    private static let context = 60

    private static func line(of text: ByteString, from start: Int, isCut: Bool) -> String {
        let rest = text.bytes.dropFirst(start)
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        let shown = line.prefix(3 * context)
        let end = shown.count < line.count ? "…" : line.count < rest.count ? "↵" : ""
        return (isCut ? "…" : "") + Printable.text(shown) + end
    }
}

/// Bytes of anybody's as one line of plain characters for a terminal.
enum Printable {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { text, byte in
            if 0x20...0x7e ~= byte {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + Hexadecimal.encode([byte]).description
            }
        }
    }

    /// A sentence with words of anybody's in it, without what would command a terminal.
    static func sentence(_ text: String) -> String {
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            safe.append(scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value) ? "?" : scalar)
        }
        return String(safe)
    }

    /// At most `limit` bytes of a text, in quotes.
    static func quoted(_ text: ByteString, limit: Int = 200) -> String {
        "\"" + self.text(text.bytes.prefix(limit)) + (text.count > limit ? "…" : "") + "\""
    }
}
