internal import S3Authorization
internal import S3Client

/// What the client and the site are told about a completed upload.
struct CompletionAnswer {
    let desk: StorageDesk
    let claim: Claim
    let post: CompletionPost
    let headers: [HeaderField]

    private static let ours: Set<ByteString> = [
        "success", "key", "bucket", "size", "etag", "type", "name", "receipt", "error", "invalid",
    ]

    /// The client's answer: our members, then the site's, which may not speak for us.
    func document(_ site: [JSONMember], at time: SigningTime) -> ByteString {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.name("success")
        writer.boolean(true)
        facts(&writer)
        if let receipt = receipt(at: time) {
            writer.name("receipt")
            writer.plain(receipt)
        }
        for member in site where !Self.ours.contains(member.name) {
            writer.escapedName(member.name)
            writer.raw(member.json.bytes)
        }
        writer.endObject()
        return ByteString(writer.bytes)
    }

    /// The same for every repeat about this upload.
    var id: ByteString {
        let digest = SHA256.digest(of: desk.uploads.bytes + [0] + claim.uploadKey.bytes + [0] + claim.etag.text.bytes)
        return ByteString("upload_\(Hexadecimal.encode(Array(digest.prefix(16))))")
    }

    func event(at time: SigningTime) -> HookEvent {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.name("user")
        writer.string(ByteString(claim.owner.bytes.dropLast()))
        facts(&writer)
        writer.name("upload")
        writer.beginObject()
        writer.name("bucket")
        writer.string(desk.uploads)
        writer.name("key")
        writer.string(claim.uploadKey)
        if let uuid = post.uuid {
            writer.name("uuid")
            writer.string(uuid)
        }
        writer.endObject()
        writer.name("parameters")
        writer.beginObject()
        for member in post.parameters {
            writer.escapedName(member.name)
            writer.raw(member.json.bytes)
        }
        writer.endObject()
        writer.endObject()
        return HookEvent(
            kind: .completed, id: id, time: time.secondsSince1970, data: ByteString(writer.bytes), headers: headers)
    }

    private func facts(_ writer: inout JSONWriter) {
        writer.name("key")
        writer.string(claim.storageKey)
        writer.name("bucket")
        writer.string(desk.bucket)
        writer.name("size")
        writer.number(claim.size)
        writer.name("etag")
        writer.string(claim.etag.text)
        writer.name("type")
        writer.string(claim.type)
        writer.name("name")
        writer.string(claim.name)
    }

    private func receipt(at time: SigningTime) -> ByteString? {
        desk.receipt?.sign(
            ReceiptClaims(
                issuedAt: time.secondsSince1970, key: claim.storageKey, bucket: desk.bucket, size: UInt64(claim.size),
                etag: claim.etag.text, type: claim.type, name: claim.name,
                user: ByteString(claim.owner.bytes.dropLast()),
                uploadKey: claim.uploadKey))
    }
}
