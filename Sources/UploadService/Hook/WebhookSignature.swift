package import S3Authorization

/// Signs what is sent to the site, so that it knows who sent it and when.
///
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme>
package struct WebhookSignature: Sendable {
    private static let prefix: ByteString = "whsec_"

    private let key: HMACSHA256Key

    /// The bytes behind `whsec_` are Base 64; any other secret is taken as it is. Nil for Base 64 that is none.
    package init?(secret: Secret) {
        let decoded = secret.withBytes { bytes -> HMACSHA256Key? in
            let text = unsafe bytes.withUnsafeBufferPointer { unsafe ByteString(Array($0)) }
            guard text.hasPrefix(Self.prefix) else { return HMACSHA256Key(bytes) }
            guard let key = try? Base64.decode(text.dropFirst(Self.prefix.count)), !key.isEmpty else { return nil }
            return HMACSHA256Key(key)
        }
        guard let decoded else { return nil }
        key = decoded
    }

    /// The value of `webhook-signature` for `id.time.body`.
    package func value(id: ByteString, time: Int64, body: [UInt8]) -> ByteString {
        let dot = [UInt8(ascii: ".")]
        let message = id.bytes + dot + ByteString(String(time)).bytes + dot + body
        return ByteString(Array("v1,".utf8) + Base64.encode(key.authenticationCode(for: ByteString(message))).bytes)
    }
}
