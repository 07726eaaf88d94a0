/// UTF-8 text as the bytes it came in.
///
/// Security decisions compare bytes: `String` holds `"é"` and `"e\u{301}"` for equal, S3 does not. A `ByteString` cut
/// from a larger buffer shares it.
public struct ByteString: Sendable {
    public let bytes: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
    }

    public init(_ string: String) {
        self.bytes = Array(string.utf8)[...]
    }

    public var count: Int { bytes.count }
    public var isEmpty: Bool { bytes.isEmpty }

    /// The text, or nil where the bytes are not UTF-8; nothing is repaired.
    public var string: String? { String(validating: bytes, as: UTF8.self) }

    public func hasPrefix(_ prefix: ByteString) -> Bool {
        count >= prefix.count && ByteString(bytes.prefix(prefix.count)) == prefix
    }
}

extension ByteString: Equatable, Hashable {
    public static func == (left: ByteString, right: ByteString) -> Bool {
        left.bytes.elementsEqual(right.bytes)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in bytes {
            hasher.combine(byte)
        }
    }
}

extension ByteString: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension ByteString: CustomStringConvertible {
    /// For people only: bytes that are not UTF-8 show as U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
