/// The name under which a role is assumed for one user, as the store's own log shows it; no two users share one.
///
/// The user's name where it has 2 to 64 bytes of `A–Z a–z 0–9 _ = , . @ -` and does not begin with `=`; else `=` and the
/// SHA-256 of it in Base 64 for URLs. Amazon takes `+` too, Ceph's gateway does not.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
package struct RoleSessionName: Sendable, Equatable {
    package let text: ByteString

    package init(user: ByteString) {
        let isPlain = (2...64).contains(user.count) && user.bytes.allSatisfy(Self.isAllowed)
        if isPlain, user.bytes.first != UInt8(ascii: "=") {
            text = user
        } else {
            let digest = Base64URL.encode(SHA256.digest(of: Array(user.bytes)))
            text = ByteString([UInt8(ascii: "=")] + digest.bytes)
        }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "_=,.@-".utf8.contains(byte)
        }
    }
}
