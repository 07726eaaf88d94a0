internal import FastCGI
internal import S3Authorization
internal import S3Client

/// `POST s3/multipart/ID/complete`: makes the object of its parts, once their sizes are added up.
///
/// A repeat, after an answer that was lost or a deadline that was over, finds the object and answers the same.
struct MultipartCompletion {
    /// As Companion's; 10,000 parts take two thirds of it.
    static let bodyLimit = 1 << 20

    private let begun: BegunUpload
    private var context: MultipartHandler.Context { begun.context }
    private var ticket: Ticket { begun.ticket }

    init(_ begun: BegunUpload) {
        self.begun = begun
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let body = context.inquiry.request.body
        try context.inquiry.checkBody(limit: max(Self.bodyLimit, context.profile.bodyLimit))
        guard body.isEmpty || context.inquiry.isJSON else { throw .unsupportedMediaType }
        let posted = try PostedParts(json: body)
        return try context.calling { () throws(RequestError) in
            let isNew = try make(posted, &account)
            guard context.profile.completesAtOnce, let desk = context.site.storage else {
                if !isNew { try find(size: ticket.size, &account) }
                return answer(nil)
            }
            do throws(RequestError) {
                return answer(try store(in: desk, &account))
            } catch {
                throw !isNew && error == .invalidUpload ? .uploadIsOver : error
            }
        }
    }

    /// Makes the object; false where S3 has no such upload any more, perhaps because it was made before.
    private func make(_ posted: PostedParts, _ account: inout Account) throws(RequestError) -> Bool {
        let client = context.desk.client
        let present: [UploadedPart]
        do throws(S3Error) {
            present = try begun.presentParts()
        } catch .notFound(let code) where code.is("NoSuchUpload") {
            return false
        } catch {
            throw account.failed(error)
        }
        let parts = try posted.chosen(from: present)
        let size = try checkedSize(of: parts, &account)
        do throws(S3Error) {
            _ = try client.complete(begun.upload, parts: parts, until: context.deadline)
        } catch .notFound(let code) where code.is("NoSuchUpload") {
            // A try of ours whose answer was lost, or another request, was first.
            try find(size: size, &account)
        } catch .refused(let refusal) where Self.complaints.contains(refusal.code) {
            account.cause = "\(S3Error.refused(refusal))"
            throw .invalidParts("S3 makes no object of these parts: every part but the last needs at least 5 MiB")
        } catch {
            throw account.failed(error)
        }
        return true
    }

    /// What S3 says of parts that make no object.
    private static let complaints: Set<ByteString> = ["EntityTooSmall", "InvalidPart", "InvalidPartOrder"]

    /// The size of the object to be; what is too large is given up at once.
    private func checkedSize(
        of parts: [UploadedPart], _ account: inout Account
    ) throws(RequestError) -> UInt64 {
        guard !parts.isEmpty else { throw .invalidParts("No part of this upload is there yet") }
        let size = parts.reduce(UInt64(0)) { sum, part in
            let (sum, isTooLarge) = sum.addingReportingOverflow(UInt64(clamping: part.size ?? .max))
            return isTooLarge ? .max : sum
        }
        let limit = min(begun.maximumSize, ticket.size ?? .max)
        guard size <= limit else {
            do throws(S3Error) {
                try context.desk.client.abort(begun.upload, until: context.deadline)
            } catch {
                account.cause = "the upload is too large, and could not be given up: \(error)"
            }
            throw .tooLarge(limit)
        }
        guard size == ticket.size ?? size else {
            throw .invalidParts("The parts have \(size) bytes, and \(limit) were declared")
        }
        return size
    }

    /// Makes sure that the object is there, as large as it should be.
    private func find(size: UInt64?, _ account: inout Account) throws(RequestError) {
        // Whoever completes uploads may read them; the key that signs need not.
        let client = context.site.storage?.client ?? context.desk.client
        do throws(S3Error) {
            let head = try client.head(begun.upload.object, until: context.deadline)
            let found = UInt64(clamping: head.size)
            guard found == size ?? found, found <= begun.maximumSize else { throw .notFound(code: "NoSuchKey") }
        } catch .notFound(let code) where !code.is("NoSuchBucket") {
            throw .uploadIsOver
        } catch {
            throw account.failed(error)
        }
    }

    /// Takes the object across as `POST file_uploaded` would, and gives what that would answer.
    private func store(in desk: StorageDesk, _ account: inout Account) throws(RequestError) -> ByteString {
        let post = CompletionPost(dialect: .json, key: ticket.key, bucket: ticket.bucket, name: ticket.name)
        let completion = Completion(
            desk: desk, profile: context.profile, owner: context.identity, post: post,
            headers: desk.hook?.forwardedHeaders.fields(of: context.inquiry.request.parameters) ?? [],
            surroundings: context.surroundings, deadline: context.deadline)
        return try completion.run(&account)
    }

    /// Uppy's three members are about the upload; what completion adds about the stored object is named for it.
    private func answer(_ stored: ByteString?) -> Response {
        let members = stored.flatMap { try? JSONMembers(parsing: Array($0.bytes)) }
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.name("location")
        writer.string(
            members?.string("location")
                ?? context.site.endpoint.url(
                    bucket: ticket.bucket, key: ticket.key, addressing: context.site.addressing))
        writer.name("key")
        writer.string(ticket.key)
        writer.name("bucket")
        writer.string(ticket.bucket)
        for member in members?.all ?? [] where !member.name.is("location") {
            let isOfStorage = member.name.is("key") || member.name.is("bucket")
            writer.escapedName(isOfStorage ? ByteString("storage_".utf8 + member.name.bytes) : member.name)
            writer.raw(member.json.bytes)
        }
        writer.endObject()
        return Answers.json(writer.bytes)
    }
}
