internal import S3Authorization
internal import S3Client

/// What a client declared of an upload before it began, which the object must then be.
struct UploadDeclaration: Equatable {
    let size: UInt64?
    let type: ByteString?
    /// Base 64.
    let md5: ByteString?

    func holds(for head: ObjectHead) -> Bool {
        if let size, UInt64(clamping: head.size) != size { return false }
        if let type, head.contentType != type { return false }
        // S3 compared the MD5 when it took the bytes. Whether they were replaced since, an encrypted object does not tell.
        guard let md5, head.encryption?.begins(with: "aws:kms") != true else { return true }
        guard let digest = try? Base64.decode(md5) else { return false }
        return Hexadecimal.encode(digest) == head.etag.text.lowercasedASCII
    }
}

extension CompletionPost {
    /// Takes key, name and what was declared from the signed id; a key that was posted too must be the same.
    mutating func open(
        _ tickets: TicketKeys?, _ owner: Identity, _ profile: Site.Profile, at now: SigningTime
    ) throws(RequestError) {
        guard let signedID else { return }
        guard let tickets else { throw .ticketsAreNotConfigured }
        let ticket: Ticket
        do throws(TicketError) {
            ticket = try tickets.open(signedID, for: .directUpload, owner: owner.prefix.text, at: now)
        } catch {
            throw .unusableSignedID
        }
        guard ticket.profile == profile.name, ticket.bucket == profile.rules.bucket, key.isEmpty || key == ticket.key
        else { throw .unusableSignedID }
        key = ticket.key
        bucket = ticket.bucket
        name = ticket.name
        declaration = UploadDeclaration(size: ticket.size, type: ticket.type, md5: ticket.checksum)
    }
}

extension RequestError {
    static var ticketsAreNotConfigured: RequestError {
        RequestError(
            status: 404, code: "not_configured", message: "This site has no server.secret_file to seal tickets with")
    }

    /// One text for forged, expired and other people's.
    static var unusableSignedID: RequestError {
        RequestError(
            status: 403, code: "not_permitted",
            message: "This signed_id is none of yours, or has expired: upload again")
    }
}
