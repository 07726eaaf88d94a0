internal import S3Authorization

/// One line of the log about one request, in logfmt or JSON; never a secret, a signature or a policy.
///
/// <https://brandur.org/logfmt>
struct LogLine: ~Copyable {
    private var text = ByteWriter(capacity: 512)
    private let isJSON: Bool
    private var isEmpty = true

    /// Shows the whole line, which ends here.
    consuming func end(_ body: (Span<UInt8>) -> Void) {
        if isJSON { text.append(UInt8(ascii: "}")) }
        text.withBytes(body)
    }

    init(isJSON: Bool = false) {
        self.isJSON = isJSON
        if isJSON { text.append(UInt8(ascii: "{")) }
    }

    /// Begins with what nobody else adds: the severity, and the time in milliseconds since 1970.
    init(_ style: LogStyle, _ severity: Severity, milliseconds: Int64) {
        isJSON = style.isJSON
        if case .journal = style.destination {
            text.append(UInt8(ascii: "<"))
            text.append(decimal: UInt64(severity.number))
            text.append(UInt8(ascii: ">"))
        }
        if isJSON { text.append(UInt8(ascii: "{")) }
        if case .plain = style.destination {
            add("time", milliseconds: milliseconds)
            add("level", word: severity.word)
        }
    }

    mutating func add(_ name: StaticString, _ value: ByteString) {
        begin(name)
        let value = value.bytes.prefix(Self.maximumLength)
        if !isJSON && !value.isEmpty && Self.isPlain(value) {
            text.append(value)
            return
        }
        text.append(UInt8(ascii: "\""))
        quote(value)
        text.append(UInt8(ascii: "\""))
    }

    /// Bytes of our own, which need no quotes in base 16.
    mutating func add(_ name: StaticString, hexadecimal bytes: [UInt8]) {
        begin(name)
        if isJSON { text.append(UInt8(ascii: "\"")) }
        for byte in bytes { text.append(hexadecimal: byte) }
        if isJSON { text.append(UInt8(ascii: "\"")) }
    }

    /// A word of our own, which needs no quotes.
    mutating func add(_ name: StaticString, word: StaticString) {
        begin(name)
        if isJSON { text.append(UInt8(ascii: "\"")) }
        text.append(word)
        if isJSON { text.append(UInt8(ascii: "\"")) }
    }

    mutating func add(_ name: StaticString, _ value: String) {
        add(name, ByteString(value))
    }

    /// Milliseconds with one decimal.
    mutating func add(_ name: StaticString, microseconds: Int64) {
        begin(name)
        append(microseconds / 1000)
        text.append(UInt8(ascii: "."))
        append(microseconds % 1000 / 100)
    }

    mutating func add(_ name: StaticString, _ number: Int) {
        begin(name)
        append(Int64(number))
    }

    /// `2026-11-22T12:34:56.789Z`.
    private mutating func add(_ name: StaticString, milliseconds: Int64) {
        let time = (try? SigningTime(secondsSince1970: milliseconds / 1000)) ?? .start
        begin(name)
        if isJSON { text.append(UInt8(ascii: "\"")) }
        time.withText(.extended) { text.append($0.extracting(droppingLast: 1)) }
        text.append(UInt8(ascii: "."))
        for power: Int64 in [100, 10, 1] { append(milliseconds / power % 10) }
        text.append(UInt8(ascii: "Z"))
        if isJSON { text.append(UInt8(ascii: "\"")) }
    }

    private mutating func begin(_ name: StaticString) {
        if !isEmpty { text.append(isJSON ? UInt8(ascii: ",") : 0x20) }
        isEmpty = false
        if isJSON { text.append(UInt8(ascii: "\"")) }
        text.append(name)
        if isJSON { text.append(UInt8(ascii: "\"")) }
        text.append(isJSON ? UInt8(ascii: ":") : UInt8(ascii: "="))
    }

    private mutating func append(_ number: Int64) {
        text.append(decimal: UInt64(max(0, number)))
    }

    private static func isPlain(_ text: ArraySlice<UInt8>) -> Bool {
        let unwanted = (UInt8(ascii: "\""), UInt8(ascii: "="), UInt8(ascii: "\\"), UInt8(0x7f))
        return ASCIIWord.areNone(in: text.span, below: 0x21, unwanted)
    }

    /// Printable characters stay; nothing in a log may move a terminal's cursor, turn its text round or start a line.
    /// What is no UTF-8, a character cut at the end among it, shows as its bytes, so that the line itself is UTF-8; in
    /// JSON, whose `\\x` is none of its escapes, behind a backslash of its own.
    private mutating func quote(_ value: ArraySlice<UInt8>) {
        var rest = value
        while let byte = rest.first {
            let length = byte < 0x80 ? 1 : Self.characterLength(rest)
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                text.append(UInt8(ascii: "\\"))
                text.append(byte)
            } else if byte >= 0x20 && byte < 0x7f || length > 1 {
                text.append(rest.prefix(length))
            } else {
                text.append(isJSON ? "\\\\x" : "\\x")
                text.append(hexadecimal: byte)
            }
            rest = rest.dropFirst(max(1, length))
        }
    }

    /// The bytes of the character that `text` begins with, or 0 where that is not UTF-8 or nothing to look at.
    private static func characterLength(_ text: ArraySlice<UInt8>) -> Int {
        var decoder = UTF8()
        var iterator = text.makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return 0 }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: return 0
        default: return UTF8.width(scalar)
        }
    }

    private static let maximumLength = 512
}
