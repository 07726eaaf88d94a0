internal import FastCGI
internal import S3Authorization
internal import S3Client

/// `POST s3/multipart`: begins an upload in parts, under a key of ours, and hands its user a ticket for all that follows.
struct MultipartCreation {
    private let context: MultipartHandler.Context

    init(_ context: MultipartHandler.Context) {
        self.context = context
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        try context.inquiry.checkBody(limit: context.profile.bodyLimit)
        guard context.inquiry.isJSON else { throw .unsupportedMediaType }
        let wish = try MultipartWish(json: context.inquiry.request.body)
        let prefix = context.identity.prefix
        let time = context.surroundings.signingTime
        let key = context.desk.template.key(
            prefix: prefix, fileName: wish.fileName, time: time,
            uuid: UUIDText.version4(context.surroundings.random(16)))
        account.key = key
        let rules = try rules(for: wish, key, &account)
        var ticket = Ticket(
            bucket: context.rules.bucket, key: key, owner: prefix.text, profile: context.profile.name,
            maximumSize: min(rules.maximumSize, rules.ceiling ?? .max),
            expiry: (try? time.adding(seconds: context.desk.ticketLifetime)) ?? time, name: wish.fileName)
        (ticket.size, ticket.type) = (wish.size, wish.type)
        let leave = Leave(size: wish.size, under: rules, isInParts: true) { rules throws(RequestError) in
            try check(Upload(key: key, size: wish.size, contentType: wish.type), rules)
        }
        let leaves = LeaveDesk(
            inquiry: context.inquiry, surroundings: context.surroundings, profile: context.profile,
            identity: context.identity)
        try leaves.give(leave, &account)
        do throws(RequestError) {
            ticket.uploadID = try begin(ticket, wish.metadata, &account)
        } catch {
            leaves.takeBack(leave)
            throw error
        }
        let nonce = context.surroundings.random(TicketKeys.nonceByteCount)
        guard let sealed = context.tickets.seal(ticket, for: .multipartUpload, nonce: nonce) else {
            account.cause = "the ticket could not be sealed"
            throw .cannotSeal
        }
        return answer(ticket, sealed)
    }

    /// The rules that the upload keeps, as narrow as the site wants them.
    private func rules(
        for wish: MultipartWish, _ key: ByteString, _ account: inout Account
    ) throws(RequestError) -> UploadRules {
        let upload = Upload(key: key, size: wish.size, contentType: wish.type)
        try check(upload, context.rules)
        // What is not declared now comes no more: the type is S3's default, and the size is held when the parts are there.
        let question = UploadQuestion(
            key: key, type: wish.type, size: wish.size, name: wish.fileName, undeclared: .impossible)
        let narrowed = try question.narrowed(
            context.profile, for: context.identity, context.inquiry, context.surroundings, &account)
        guard let narrowed else { return context.rules }
        try check(upload, narrowed)
        return narrowed
    }

    private func check(_ upload: Upload, _ rules: UploadRules) throws(RequestError) {
        do throws(PolicyViolations) {
            _ = try rules.authorize(
                upload, for: Caller(prefix: context.identity.prefix), at: context.surroundings.signingTime)
        } catch {
            throw .refusedUpload(error)
        }
    }

    /// S3's id of the new upload.
    private func begin(
        _ ticket: Ticket, _ metadata: UploadMetadata, _ account: inout Account
    ) throws(RequestError) -> ByteString {
        var headers = metadata.headers
        if let type = ticket.type { headers.append(HeaderField("Content-Type", type)) }
        if let acl = context.rules.acl { headers.append(HeaderField("x-amz-acl", acl)) }
        return try context.calling { () throws(RequestError) in
            do throws(S3Error) {
                let object = ObjectLocation(bucket: ticket.bucket, key: ticket.key)
                return try context.desk.client
                    .createMultipartUpload(object, headers: headers, until: context.deadline).id
            } catch {
                throw account.failed(error)
            }
        }
    }

    private func answer(_ ticket: Ticket, _ sealed: ByteString) -> Response {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.name("key")
        writer.string(ticket.key)
        writer.name("uploadId")
        writer.plain(sealed)
        writer.name("bucket")
        writer.string(ticket.bucket)
        writer.name("expires_at")
        writer.string(ticket.expiry.text(.extended))
        writer.endObject()
        return Answers.json(writer.bytes)
    }
}

extension RequestError {
    fileprivate static var cannotSeal: RequestError {
        RequestError(status: 500, code: "cannot_seal", message: "The upload could not be begun; try again")
    }
}
