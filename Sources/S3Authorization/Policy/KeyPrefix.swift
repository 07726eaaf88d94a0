/// Where the keys of one user begin: the user name and a slash.
///
/// Bytes outside `A–Z a–z 0–9 . _ @ + -` are percent-encoded, so that no name reaches into another's prefix.
public struct KeyPrefix: Equatable, Hashable, Sendable {
    /// Why a user name owns no prefix. It is refused, never repaired into another user's.
    public enum Invalid: Error, Equatable, Sendable {
        case empty
        case dotSegment
        case controlCharacter
        case notUTF8
        /// More than 256 bytes.
        case tooLong
    }

    /// The prefix with its slash.
    public let text: ByteString

    /// The prefix of a user; throws ``Invalid`` for a name that owns none: empty, `.`, `..`, more than 256 bytes, not UTF-8, or
    /// with a control character.
    public init(user: ByteString) throws(Invalid) {
        guard !user.isEmpty else { throw .empty }
        guard !user.is("."), !user.is("..") else { throw .dotSegment }
        guard user.count <= 256 else { throw .tooLong }
        if user.bytes.allSatisfy(Self.isPlain) {
            var text = Array(user.bytes)
            text.append(UInt8(ascii: "/"))
            self.text = ByteString(text)
            return
        }
        guard let scalars = user.string?.unicodeScalars else { throw .notUTF8 }
        guard !scalars.contains(where: { $0.isControl }) else { throw .controlCharacter }
        var text: [UInt8] = []
        text.reserveCapacity(user.count + 1)
        for byte in user.bytes {
            if Self.isPlain(byte) {
                text.append(byte)
            } else {
                PercentEncoding.appendEscape(of: byte, to: &text)
            }
        }
        self.text = ByteString(text + [UInt8(ascii: "/")])
    }

    /// The prefix of a browser without a user: `~`, which no user's prefix has, and 16 random bytes.
    package init(anonymous random: [UInt8]) {
        text = ByteString([UInt8(ascii: "~")] + Hexadecimal.encode(random).bytes + [UInt8(ascii: "/")])
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "@"),
            UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension Unicode.Scalar {
    /// C0, DEL or C1.
    var isControl: Bool { value < 0x20 || (0x7f...0x9f).contains(value) }
}
