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
        if !value.isEmpty && value.bytes.allSatisfy(Self.isPlain) {
            bytes += value.bytes
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in value.bytes.prefix(512) {
            escape(byte)
        }
        bytes.append(UInt8(ascii: "\""))
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

    /// Printable bytes and UTF-8 stay; nothing in a log may move a terminal's cursor or start a line.
    private mutating func escape(_ byte: UInt8) {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            bytes += [UInt8(ascii: "\\"), byte]
        } else if byte >= 0x20 && byte < 0x7f || byte >= 0xa0 {
            bytes.append(byte)
        } else {
            bytes += Array("\\x".utf8) + Hexadecimal.encode([byte]).bytes
        }
    }
}
