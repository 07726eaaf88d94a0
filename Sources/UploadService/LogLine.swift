internal import S3Authorization

/// One line of the log about one request, in logfmt or JSON; never a secret, a signature or a policy.
///
/// <https://brandur.org/logfmt>
struct LogLine {
    private var text: [UInt8] = []
    private let isJSON: Bool
    private var isEmpty = true

    /// The line as it stands.
    var bytes: [UInt8] { isJSON ? text + [UInt8(ascii: "}")] : text }

    init(isJSON: Bool = false) {
        self.isJSON = isJSON
        text.reserveCapacity(256)
        if isJSON { text.append(UInt8(ascii: "{")) }
    }

    /// Begins with what nobody else adds: the severity, and the time in milliseconds since 1970.
    init(_ style: LogStyle, _ severity: Severity, milliseconds: Int64) {
        self.init(isJSON: style.isJSON)
        switch style.destination {
        case .stamped: break
        case .journal: text.insert(contentsOf: Array("<\(severity.number)>".utf8), at: 0)
        case .plain:
            add("time", milliseconds: milliseconds)
            add("level", word: severity.word)
        }
    }

    mutating func add(_ name: StaticString, _ value: ByteString) {
        begin(name)
        let value = value.bytes.prefix(Self.maximumLength)
        if !isJSON && !value.isEmpty && value.allSatisfy(Self.isPlain) {
            text += value
            return
        }
        text.append(UInt8(ascii: "\""))
        quote(value)
        text.append(UInt8(ascii: "\""))
    }

    /// A word of our own, which needs no quotes.
    mutating func add(_ name: StaticString, word: StaticString) {
        begin(name)
        if isJSON { text.append(UInt8(ascii: "\"")) }
        unsafe text.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
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
        let fraction = Array(String(1000 + milliseconds % 1000).utf8.dropFirst())
        add(name, ByteString(time.text(.extended).bytes.dropLast() + [UInt8(ascii: ".")] + fraction + "Z".utf8))
    }

    private mutating func begin(_ name: StaticString) {
        if !isEmpty { text.append(isJSON ? UInt8(ascii: ",") : 0x20) }
        isEmpty = false
        if isJSON { text.append(UInt8(ascii: "\"")) }
        unsafe text.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        if isJSON { text.append(UInt8(ascii: "\"")) }
        text.append(isJSON ? UInt8(ascii: ":") : UInt8(ascii: "="))
    }

    private mutating func append(_ number: Int64) {
        if number < 10 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: max(0, number)))
        } else {
            text += Array(String(number).utf8)
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\\")
            && byte < 0x7f
    }

    /// Printable characters stay; nothing in a log may move a terminal's cursor, turn its text round or start a line.
    /// What is no UTF-8, a character cut at the end among it, shows as its bytes, so that the line itself is UTF-8; in
    /// JSON, whose `\\x` is none of its escapes, behind a backslash of its own.
    private mutating func quote(_ value: ArraySlice<UInt8>) {
        var rest = value
        while let byte = rest.first {
            let length = byte < 0x80 ? 1 : Self.characterLength(rest)
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                text += [UInt8(ascii: "\\"), byte]
            } else if byte >= 0x20 && byte < 0x7f || length > 1 {
                text += rest.prefix(length)
            } else {
                text += Array((isJSON ? "\\\\x" : "\\x").utf8) + Hexadecimal.encode([byte]).bytes
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
