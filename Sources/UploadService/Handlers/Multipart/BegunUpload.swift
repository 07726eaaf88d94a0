internal import FastCGI
internal import S3Authorization
internal import S3Client

/// An upload in parts that its own user comes back to, with our ticket in the path and the object's key in the query.
struct BegunUpload {
    let context: MultipartHandler.Context
    let ticket: Ticket

    /// Throws unless the ticket is ours, the caller's, of this location's rules, and in time.
    init(
        _ text: ByteString, _ context: MultipartHandler.Context, _ account: inout Account
    ) throws(RequestError) {
        do throws(TicketError) {
            ticket = try context.tickets.open(
                text, for: .multipartUpload, owner: context.identity.prefix.text,
                at: context.surroundings.signingTime)
        } catch {
            account.cause = "the ticket: \(error)"
            throw .refusedTicket(error)
        }
        account.key = ticket.key
        guard let key = context.inquiry.queryValue("key"), !key.isEmpty else { throw .keyIsMissing }
        // encodeURIComponent writes a space as %20; what writes it as + must write + as %2B.
        let spellings = [try? PercentEncoding.decode(key), try? PercentEncoding.decodeForm(key)]
        guard spellings.contains(ticket.key) else { throw .notPermitted("The key is not that of this upload") }
        guard ticket.profile == context.profile.name, ticket.bucket == context.rules.bucket else {
            throw .notPermitted("This upload was begun under other rules")
        }
        self.context = context
    }

    var upload: MultipartUpload {
        MultipartUpload(ObjectLocation(bucket: ticket.bucket, key: ticket.key), id: ticket.uploadID)
    }

    /// Bytes that the object may have by now: rules may have become stricter.
    var maximumSize: UInt64 { min(ticket.maximumSize, context.rules.maximumSize) }

    /// All parts that S3 has; throws `notFound(code: "NoSuchUpload")` where the upload is over.
    ///
    /// Ceph RGW denies a key that may not list the bucket what is not there; then the storage key is asked, which may.
    func presentParts() throws(S3Error) -> [UploadedPart] {
        do throws(S3Error) {
            return try context.desk.client.allParts(of: upload, until: context.deadline)
        } catch .refused(let refusal) where refusal.code.is("AccessDenied") {
            guard let other = context.site.storage?.client else { throw .refused(refusal) }
            do throws(S3Error) {
                return try other.allParts(of: upload, until: context.deadline)
            } catch {
                throw error == .notFound(code: "NoSuchUpload") ? error : .refused(refusal)
            }
        }
    }

    /// `GET s3/multipart/ID`: the parts that S3 has.
    func list(_ account: inout Account) throws(RequestError) -> Response {
        let parts = try context.calling { () throws(RequestError) in
            do throws(S3Error) {
                return try presentParts()
            } catch .notFound(let code) where code.is("NoSuchUpload") {
                throw RequestError.uploadIsOver
            } catch {
                throw account.failed(error)
            }
        }
        var writer = JSONWriter(capacity: 32 + parts.count * 96)
        writer.beginArray()
        for part in parts {
            writer.beginObject()
            writer.name("PartNumber")
            writer.number(part.number)
            writer.name("ETag")
            writer.string(part.etag.quoted)
            writer.name("Size")
            writer.number(part.size ?? 0)
            writer.endObject()
        }
        writer.endArray()
        return Answers.json(writer.bytes)
    }

    /// `DELETE s3/multipart/ID`: gives up an upload; one that is over already counts as given up.
    func abort(_ account: inout Account) throws(RequestError) -> Response {
        try context.calling { () throws(RequestError) in
            do throws(S3Error) {
                try context.desk.client.abort(upload, until: context.deadline)
            } catch {
                throw account.failed(error)
            }
        }
        return Answers.json(Array("{}".utf8))
    }
}
