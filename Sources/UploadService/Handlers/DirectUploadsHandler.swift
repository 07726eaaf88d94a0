internal import FastCGI
internal import S3Authorization

/// `POST direct_uploads`, Rails' ActiveStorage's: a PUT whose size, type and MD5 are signed, and a `signed_id` that stands for
/// it when it is complete.
///
/// <https://edgeguides.rubyonrails.org/active_storage_overview.html#direct-uploads>
struct DirectUploadsHandler {
    /// How long a `signed_id` may be completed, in seconds: a form may lie open for a day.
    private static let lifetime: Int64 = 86_400

    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        guard inquiry.isJSON else { throw .unsupportedMediaType }
        guard let tickets = inquiry.site.tickets else { throw .ticketsAreNotConfigured }
        let presigner = try Presigner(inquiry, surroundings, &account)
        let blob = try DirectUploadBlob(json: inquiry.request.body)
        var wish = PresignWish()
        wish.file = UploadWish(filename: blob.name, type: blob.type, size: blob.size, checksum: blob.md5)
        let grant = try presigner.grant(wish, &account, as: .put)
        let sealed = tickets.seal(
            ticket(blob, grant, presigner), for: .directUpload, nonce: surroundings.random(TicketKeys.nonceByteCount))
        guard let sealed else { throw .cannotSeal }
        return answer(blob, grant, sealed)
    }

    private func ticket(_ blob: DirectUploadBlob, _ grant: UploadGrant, _ presigner: Presigner) -> Ticket {
        let now = surroundings.signingTime
        var ticket = Ticket(
            bucket: presigner.profile.rules.bucket, key: grant.key, owner: presigner.identity.prefix.text,
            profile: presigner.profile.name, maximumSize: blob.size,
            expiry: (try? now.adding(seconds: Self.lifetime)) ?? now, name: blob.name)
        ticket.size = blob.size
        ticket.type = blob.type
        ticket.checksum = blob.checksum
        return ticket
    }

    private func answer(_ blob: DirectUploadBlob, _ grant: UploadGrant, _ signedID: ByteString) -> Response {
        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        for (name, value) in [
            ("key", grant.key), ("filename", blob.name), ("content_type", blob.type), ("checksum", blob.checksum),
            ("created_at", surroundings.signingTime.text(.extended)),
        ] as [(StaticString, ByteString)] {
            writer.name(name)
            writer.string(value)
        }
        writer.name("byte_size")
        writer.number(blob.size)
        writer.name("signed_id")
        writer.plain(signedID)
        writer.name("direct_upload")
        writer.beginObject()
        writer.name("url")
        writer.string(grant.url)
        writer.name("headers")
        writer.headers(grant.headers)
        writer.endObject()
        writer.endObject()
        return Answers.json(writer.bytes)
    }
}

/// What Rails' script says of a file.
struct DirectUploadBlob: Equatable {
    let name: ByteString
    let type: ByteString
    /// Bytes.
    let size: UInt64
    /// Base 64.
    let checksum: ByteString
    let md5: UploadChecksum

    /// Reads `{"blob": {"filename", "content_type", "byte_size", "checksum"}}`.
    init(json: [UInt8]) throws(RequestError) {
        let body = try JSONMembers(body: json)
        guard let blob = try? JSONMembers(parsing: Array((body["blob"] ?? "{}").bytes)) else {
            throw .invalidFields(
                [RequestError.Detail(place: "blob", message: "This field should be an object.")], status: 400)
        }
        var problems: [RequestError.Detail] = []
        func problem(_ field: ByteString, _ message: String) {
            problems.append(RequestError.Detail(place: ByteString("blob.".utf8 + field.bytes), message: message))
        }
        let name = blob.string("filename") ?? ""
        if name.isEmpty || name.count > CompletionFields.maximumNameLength || name.hasControlCharacter {
            let limit = CompletionFields.maximumNameLength
            problem("filename", "This field should be a name of 1 to \(limit) bytes without control characters.")
        }
        let size = blob.number("byte_size").flatMap { UInt64(exactly: $0) }
        if size == nil { problem("byte_size", "This field should be a whole number of bytes.") }
        let text = blob.string("checksum") ?? ""
        let checksum = UploadChecksum(base64: text)
        if checksum != .md5(text) { problem("checksum", "This field should be an MD5 in Base64.") }
        let type = blob.string("content_type") ?? ""
        if type.isEmpty, let other = blob["content_type"], !other.is("null"), !other.is("\"\"") {
            problem("content_type", "This field should be a string.")
        }
        guard problems.isEmpty, let size, let checksum else { throw .invalidFields(problems, status: 400) }
        self.name = name
        self.type = type.isEmpty ? "application/octet-stream" : type
        self.size = size
        self.checksum = text
        md5 = checksum
    }
}

extension RequestError {
    fileprivate static var cannotSeal: RequestError {
        RequestError(status: 500, code: "cannot_seal", message: "The ticket could not be sealed")
    }
}
