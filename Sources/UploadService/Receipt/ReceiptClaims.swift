package import S3Authorization

/// What a receipt says of a stored upload; every text is UTF-8.
///
/// `iss` and `iat` are registered names, the others our own: RFC 7519, section 4,
/// <https://www.rfc-editor.org/rfc/rfc7519#section-4>.
package struct ReceiptClaims: Sendable, Equatable {
    /// Seconds since 1970 UTC.
    package var issuedAt: Int64
    /// The storage key.
    package var key: ByteString
    /// The storage bucket.
    package var bucket: ByteString
    /// Bytes.
    package var size: UInt64
    /// Without quotes.
    package var etag: ByteString
    /// The media type that it is stored with.
    package var type: ByteString
    /// The file's own name.
    package var name: ByteString
    package var user: ByteString
    /// The key that it was uploaded under.
    package var uploadKey: ByteString

    package init(
        issuedAt: Int64, key: ByteString, bucket: ByteString, size: UInt64, etag: ByteString, type: ByteString,
        name: ByteString, user: ByteString, uploadKey: ByteString
    ) {
        self.issuedAt = issuedAt
        self.key = key
        self.bucket = bucket
        self.size = size
        self.etag = etag
        self.type = type
        self.name = name
        self.user = user
        self.uploadKey = uploadKey
    }

    package var json: ByteString {
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.name("iss")
        json.string("countersign")
        json.name("iat")
        json.number(issuedAt)
        json.name("size")
        json.number(size)
        let texts: [(StaticString, ByteString)] = [
            ("key", key), ("bucket", bucket), ("etag", etag), ("type", type), ("name", name), ("user", user),
            ("upload_key", uploadKey),
        ]
        for (name, text) in texts {
            json.name(name)
            json.string(text)
        }
        json.endObject()
        return ByteString(json.bytes)
    }
}
