internal import S3Authorization

/// One line of the log about one request, in logfmt; never a secret, a signature or a policy.
///
/// <https://brandur.org/logfmt>
struct LogLine {
    private(set) var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(256)
    }

    mutating func add(_ name: StaticString, _ value: ByteString) {
        begin(name)
        let value = value.bytes.prefix(Self.maximumLength)
        if !value.isEmpty && value.allSatisfy(Self.isPlain) {
            bytes += value
            return
        }
        bytes.append(UInt8(ascii: "\""))
        quote(value)
        bytes.append(UInt8(ascii: "\""))
    }

    /// A word of our own, which needs no quotes.
    mutating func add(_ name: StaticString, word: StaticString) {
        begin(name)
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    mutating func add(_ name: StaticString, _ value: String) {
        add(name, ByteString(value))
    }

    /// Milliseconds with one decimal.
    mutating func add(_ name: StaticString, microseconds: Int64) {
        begin(name)
        append(microseconds / 1000)
        bytes.append(UInt8(ascii: "."))
        append(microseconds % 1000 / 100)
    }

    mutating func add(_ name: StaticString, _ number: Int) {
        begin(name)
        append(Int64(number))
    }

    private mutating func begin(_ name: StaticString) {
        if !bytes.isEmpty { bytes.append(0x20) }
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "="))
    }

    private mutating func append(_ number: Int64) {
        if number < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: max(0, number)))
        } else {
            bytes += Array(String(number).utf8)
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\\")
            && byte < 0x7f
    }

    /// Printable characters stay; nothing in a log may move a terminal's cursor, turn its text round or start a line.
    /// What is no UTF-8, a character cut at the end among it, shows as its bytes, so that the line itself is UTF-8.
    private mutating func quote(_ text: ArraySlice<UInt8>) {
        var rest = text
        while let byte = rest.first {
            let length = byte < 0x80 ? 1 : Self.characterLength(rest)
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes += [UInt8(ascii: "\\"), byte]
            } else if byte >= 0x20 && byte < 0x7f || length > 1 {
                bytes += rest.prefix(length)
            } else {
                bytes += Array("\\x".utf8) + Hexadecimal.encode([byte]).bytes
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
