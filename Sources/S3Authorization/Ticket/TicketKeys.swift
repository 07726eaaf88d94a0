/// Seals tickets and opens them, with keys derived from the server's secrets; every machine with a secret can open what it
/// sealed.
///
/// A sealed ticket is, in Base 64 for URLs: a byte for the version, 4 for the key's id, 12 for the nonce, the body under
/// AES-256-GCM, and its tag. Purpose, version and id are authenticated with the body.
package struct TicketKeys: Sendable, Redacted {
    private static let version: UInt8 = 1
    private static let idByteCount = 4
    private static let headByteCount = 1 + idByteCount + nonceByteCount
    private static let salt = Array("countersign ticket v1".utf8)

    /// The number of random bytes that sealing takes.
    package static let nonceByteCount = AES256GCM.nonceByteCount
    /// Characters; with a key and a name as long as they may be it is far below.
    package static let maximumLength = 6000

    private struct Key: Sendable {
        let id: [UInt8]
        let cipher: AES256GCM

        init?(_ secret: Secret) {
            id = Array(HKDF.key(secret: secret, salt: salt, info: "key id").prefix(idByteCount))
            guard let cipher = AES256GCM(key: HKDF.key(secret: secret, salt: salt, info: "seal")) else { return nil }
            self.cipher = cipher
        }
    }

    private let first: Key
    private let others: [Key]

    /// The first secret seals, all of them open; nil where there is none.
    package init?(secrets: [Secret]) {
        let keys = secrets.compactMap { Key($0) }
        guard let first = keys.first else { return nil }
        self.first = first
        others = Array(keys.dropFirst())
    }

    /// `nonce` is 12 random bytes, new for every ticket; nil where it is not, or where OpenSSL fails.
    package func seal(_ ticket: Ticket, for purpose: Ticket.Purpose, nonce: [UInt8]) -> ByteString? {
        let head = [Self.version] + first.id
        let sealed = first.cipher.seal(
            TicketBody.write(ticket), nonce: nonce, context: Self.context(purpose, head: head[...]))
        return sealed.map { Base64URL.encode(head + nonce + $0) }
    }

    /// The ticket, once it is sound, `owner`'s and not expired at `now`.
    package func open(
        _ text: ByteString, for purpose: Ticket.Purpose, owner: ByteString, at now: SigningTime
    ) throws(TicketError) -> Ticket {
        guard text.count <= Self.maximumLength, let bytes = Base64URL.decode(text),
            bytes.count >= Self.headByteCount + AES256GCM.tagByteCount, bytes.first == Self.version
        else { throw .malformed }
        let head = bytes[...Self.idByteCount]
        let keys = ([first] + others).filter { $0.id.elementsEqual(head.dropFirst()) }
        guard !keys.isEmpty else { throw .unknownKey }
        let nonce = Array(bytes[head.endIndex..<Self.headByteCount])
        let context = Self.context(purpose, head: head)
        for key in keys {
            let body = key.cipher.open(bytes[Self.headByteCount...], nonce: nonce, context: context)
            guard let body, let ticket = TicketBody.read(body) else { continue }
            guard ConstantTime.areEqual(ticket.owner, owner) else { throw .foreign }
            guard now < ticket.expiry else { throw .expired }
            return ticket
        }
        throw .forged
    }

    private static func context(_ purpose: Ticket.Purpose, head: ArraySlice<UInt8>) -> [UInt8] {
        let label: ByteString =
            switch purpose {
            case .multipartUpload: "countersign ticket: multipart upload\n"
            case .directUpload: "countersign ticket: direct upload\n"
            }
        return Array(label.bytes) + head
    }
}
