internal import S3Authorization
internal import S3Client

/// Who takes an upload across, and what came of it: one small object in the storage bucket for every upload.
///
/// The first to write it fixes the storage key; whoever comes later goes on with that key.
struct Claim: Equatable {
    enum State: Equatable {
        case open
        /// With the answer that every repeat gets.
        case accepted(ByteString)
        /// With the reason, for the client.
        case refused(String)
    }

    let uploadKey: ByteString
    let etag: ETag
    let storageKey: ByteString
    /// The owner's prefix, with its slash.
    let owner: ByteString
    let size: Int64
    let type: ByteString
    let name: ByteString
    /// Seconds since 1970 UTC, when it was first claimed.
    let time: Int64
    var state: State = .open
    /// The copy in parts that is under way.
    var multipartID: ByteString?
}

extension Claim {
    var document: [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.name("version")
        writer.number(1)
        for (name, value) in [
            ("upload_key", uploadKey), ("etag", etag.text), ("storage_key", storageKey), ("owner", owner),
            ("type", type), ("name", name),
        ] as [(StaticString, ByteString)] {
            writer.name(name)
            writer.string(value)
        }
        writer.name("size")
        writer.number(size)
        writer.name("time")
        writer.number(time)
        writer.name("state")
        switch state {
        case .open: writer.string("open" as ByteString)
        case .accepted(let answer):
            writer.string("accepted" as ByteString)
            writer.name("answer")
            writer.raw(answer.bytes)
        case .refused(let reason):
            writer.string("refused" as ByteString)
            writer.name("error")
            writer.string(reason)
        }
        if let multipartID {
            writer.name("multipart_id")
            writer.string(multipartID)
        }
        writer.endObject()
        return writer.bytes
    }

    /// Nil where the text is no claim.
    init?(parsing document: [UInt8]) {
        guard let members = try? Self.members(document) else { return nil }
        guard let uploadKey = members.string("upload_key"), let tag = members.string("etag"),
            let etag = ETag(parsing: tag), let storageKey = members.string("storage_key"), !storageKey.isEmpty,
            let owner = members.string("owner"), let size = members.number("size"), let time = members.number("time"),
            let type = members.string("type"), let name = members.string("name"), let state = Self.state(members)
        else { return nil }
        self.init(
            uploadKey: uploadKey, etag: etag, storageKey: storageKey, owner: owner, size: size, type: type, name: name,
            time: time, state: state, multipartID: members.string("multipart_id"))
    }

    private static func members(_ document: [UInt8]) throws(JSONError) -> JSONMembers {
        try JSONMembers(parsing: document)
    }

    private static func state(_ members: JSONMembers) -> State? {
        guard let word = members.string("state") else { return nil }
        if word.is("open") { return .open }
        if word.is("accepted") { return members["answer"].map { .accepted($0) } }
        return word.is("refused") ? .refused(members.string("error")?.string ?? "This upload was refused") : nil
    }
}
