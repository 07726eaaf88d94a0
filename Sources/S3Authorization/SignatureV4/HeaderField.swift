/// One header of a request.
public struct HeaderField: Sendable, Hashable {
    /// As it was given; its case means nothing.
    public let name: ByteString
    /// As it was given; what is signed has no white space around it.
    public let value: ByteString

    /// A field as it is given; what a request may not have is refused where one is made.
    public init(_ name: ByteString, _ value: ByteString) {
        self.name = name
        self.value = value
    }

    /// The name in lower case, ASCII letters only: no other letter is one of a header's name.
    package var lowercasedName: ByteString {
        ByteString(name.bytes.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 + 32 : $0 })
    }
}

extension ByteString {
    /// The order of bytes, which is S3's; `String` has another.
    package func precedes(_ other: ByteString) -> Bool {
        bytes.lexicographicallyPrecedes(other.bytes)
    }

    /// Without white space at either end.
    package var trimmed: ByteString {
        let start = bytes.firstIndex { !Self.isWhiteSpace($0) } ?? bytes.endIndex
        let end = bytes.lastIndex { !Self.isWhiteSpace($0) }.map { $0 + 1 } ?? start
        return ByteString(bytes[start..<end])
    }

    /// Space, tab, line feed, vertical tab, form feed, carriage return.
    package static func isWhiteSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || 0x09...0x0d ~= byte
    }
}
