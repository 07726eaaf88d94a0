package import S3Authorization

extension KeyPrefix {
    /// The user in whose name `countersign doctor` uploads, and whose uploads nobody completes but itself.
    package static var doctor: ByteString { "countersign-doctor" }
}

extension Identity {
    /// Whose upload a key is, as its first segment says, which only its owner can have had signed.
    ///
    /// Nil where no user's prefix is spelt so. A browser's without a user counts only where such browsers are served.
    init?(ownerOf key: ByteString, anonymous: Bool) {
        guard let slash = key.bytes.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let segment = ByteString(key.bytes[..<slash])
        guard segment != KeyPrefix.doctor else { return nil }
        let text = ByteString(key.bytes[...slash])
        if segment.bytes.first == UInt8(ascii: "~") {
            guard anonymous, let random = Hexadecimal.decode(segment.dropFirst(1)), random.count == 16 else {
                return nil
            }
            let prefix = KeyPrefix(anonymous: random)
            guard prefix.text == text else { return nil }
            self.init(prefix: prefix, name: segment)
        } else {
            guard let user = try? PercentEncoding.decode(segment), let prefix = try? KeyPrefix(user: user),
                prefix.text == text
            else { return nil }
            self.init(prefix: prefix, name: user)
        }
    }
}
