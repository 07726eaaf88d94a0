package import S3Authorization

/// The signed cookie that gives a browser without a user a prefix of its own.
///
/// Its value is 16 random bytes and their HMAC-SHA256 under the server's secret, both in hexadecimal. Its name has
/// `__Host-` before it over https, so that no sibling domain can plant one: RFC 6265bis, section 4.1.3.2,
/// <https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis#section-4.1.3.2>.
package struct AnonymousCookie: Sendable {
    private static let name: StaticString = "countersign"
    private static let secureName: StaticString = "__Host-countersign"
    private static let purpose: ByteString = "countersign anonymous prefix v1:"
    /// 400 days, the longest that browsers keep a cookie.
    private static let lifetime = 34_560_000

    /// The first signs, all of them verify.
    private let keys: [HMACSHA256Key]
    private let key: HMACSHA256Key

    /// Nil where there is no secret.
    package init?(secrets: [Secret]) {
        keys = secrets.map { $0.withBytes { HMACSHA256Key($0) } }
        guard let first = keys.first else { return nil }
        key = first
    }

    package init(secret: Secret) {
        key = secret.withBytes { HMACSHA256Key($0) }
        keys = [key]
    }

    /// The prefix of a new browser, and the Set-Cookie value that gives it to it.
    func issue(random: [UInt8], isSecure: Bool) -> (prefix: KeyPrefix, setCookie: String) {
        let name = isSecure ? Self.secureName : Self.name
        let value = "\(Hexadecimal.encode(random)).\(Hexadecimal.encode(code(for: random, key)))"
        let attributes = "; Path=/; Max-Age=\(Self.lifetime); HttpOnly; SameSite=Lax" + (isSecure ? "; Secure" : "")
        return (KeyPrefix(anonymous: random), "\(name)=\(value)\(attributes)")
    }

    /// The prefix in a Cookie header; nil where there is none of ours. Two different ones of ours are none.
    func prefix(in cookies: ByteString, isSecure: Bool) -> KeyPrefix? {
        let name = isSecure ? Self.secureName : Self.name
        var found: KeyPrefix?
        for pair in cookies.bytes.split(separator: UInt8(ascii: ";")) {
            let parts = pair.drop { $0 == 0x20 }.split(separator: UInt8(ascii: "="), maxSplits: 1)
            guard parts.count == 2, ByteString(parts[0]).is(name), let prefix = prefix(value: parts[1]) else {
                continue
            }
            guard found == nil || found == prefix else { return nil }
            found = prefix
        }
        return found
    }

    private func prefix(value: ArraySlice<UInt8>) -> KeyPrefix? {
        let parts = value.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 2, let random = Hexadecimal.decode(ByteString(parts[0])), random.count == 16,
            let code = Hexadecimal.decode(ByteString(parts[1])),
            keys.contains(where: { ConstantTime.areEqual(code, self.code(for: random, $0)) })
        else { return nil }
        return KeyPrefix(anonymous: random)
    }

    private func code(for random: [UInt8], _ key: HMACSHA256Key) -> [UInt8] {
        key.authenticationCode(for: ByteString(Self.purpose.bytes + random))
    }
}
