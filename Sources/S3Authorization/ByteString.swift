internal import Glibc

/// UTF-8 text as the bytes it came in.
///
/// Security decisions compare bytes: `String` holds `"é"` and `"e\u{301}"` for equal, S3 does not. A `ByteString` cut
/// from a larger buffer shares it.
public struct ByteString: Sendable {
    /// The bytes themselves; the first index need not be 0.
    public let bytes: ArraySlice<UInt8>

    /// Shares the buffer that the slice was cut from; nothing is checked.
    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// Shares the array's buffer; nothing is checked.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
    }

    /// The string's UTF-8, not normalised.
    public init(_ string: String) {
        self.bytes = Array(string.utf8)[...]
    }

    /// The number of bytes.
    public var count: Int { bytes.count }
    /// Whether there is no byte.
    public var isEmpty: Bool { bytes.isEmpty }

    /// The text, or nil where the bytes are not UTF-8; nothing is repaired.
    public var string: String? { String(validating: bytes, as: UTF8.self) }

    /// Whether the first bytes are exactly those of `prefix`.
    public func hasPrefix(_ prefix: ByteString) -> Bool {
        guard count >= prefix.count else { return false }
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe prefix.bytes.withUnsafeBytes { prefix in
                guard let start = bytes.baseAddress, let other = prefix.baseAddress else { return true }
                return unsafe memcmp(start, other, prefix.count) == 0
            }
        }
    }

    /// Whether this is that literal; nothing is allocated for the comparison.
    package func `is`(_ literal: StaticString) -> Bool {
        count == literal.utf8CodeUnitCount && begins(with: literal)
    }

    package func begins(with literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard count >= length else { return false }
        return unsafe bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return true }
            return unsafe memcmp(start, literal.utf8Start, length) == 0
        }
    }

    /// Whether the literal, which is not empty, is in it; a rare first byte makes this quick.
    package func contains(_ literal: StaticString) -> Bool {
        unsafe bytes.withUnsafeBytes { bytes in
            guard var start = bytes.baseAddress else { return false }
            let end = unsafe start + bytes.count
            let length = literal.utf8CodeUnitCount
            while unsafe end - start >= length {
                guard
                    let found = unsafe UnsafeRawPointer(
                        memchr(start, Int32(literal.utf8Start[0]), end - start - length + 1))
                else { return false }
                if unsafe memcmp(found, literal.utf8Start, length) == 0 { return true }
                unsafe start = found + 1
            }
            return false
        }
    }

    package func dropFirst(_ count: Int) -> ByteString {
        ByteString(bytes.dropFirst(count))
    }

    /// The same text with `A`–`Z` made small; no other character has a case here (RFC 9110, section 5.1).
    package var lowercasedASCII: ByteString {
        ByteString(bytes.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") ? $0 | 0x20 : $0 })
    }

    package func equalsIgnoringASCIICase(_ other: ByteString) -> Bool {
        unsafe other.bytes.withUnsafeBufferPointer { unsafe equalsIgnoringASCIICase($0) }
    }

    /// Whether this is that literal in any case; nothing is allocated for the comparison.
    package func isInAnyCase(_ literal: StaticString) -> Bool {
        unsafe equalsIgnoringASCIICase(
            UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    private func equalsIgnoringASCIICase(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count else { return false }
        return unsafe bytes.withUnsafeBufferPointer { bytes in
            for index in bytes.indices {
                let (left, right) = unsafe (bytes[index], other[index])
                guard left == right || (left ^ right == 0x20 && (left | 0x20) >= 0x61 && (left | 0x20) <= 0x7a) else {
                    return false
                }
            }
            return true
        }
    }
}

extension ByteString: Equatable, Hashable {
    /// Whether both have the same bytes; not in constant time, so nothing for secrets.
    public static func == (left: ByteString, right: ByteString) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe left.bytes.withUnsafeBytes { left in
            unsafe right.bytes.withUnsafeBytes { right in
                guard let start = left.baseAddress, let other = right.baseAddress else { return true }
                return unsafe memcmp(start, other, left.count) == 0
            }
        }
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension ByteString: ExpressibleByStringLiteral {
    /// The literal's UTF-8.
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension ByteString: CustomStringConvertible {
    /// For people only: bytes that are not UTF-8 show as U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
