internal import S3Authorization
internal import S3Client

/// The media type that an upload is stored with: the declared one, else what its bytes or its name say, inside the rules.
struct UploadType {
    let desk: StorageDesk
    let profile: Site.Profile
    let deadline: Deadline

    func settle(
        _ head: ObjectHead, _ location: ObjectLocation, _ name: ByteString, _ account: inout Account
    ) throws(RequestError) -> ByteString {
        let found = try inspected(head, location, &account)
        do throws(TypeSettlementError) {
            let declared = head.contentType.flatMap(ContentType.init)
            let type = try TypeSettlement(allowed: profile.rules.contentTypes)
                .settle(declared: declared, found: found, name: name)
            return ByteString(type.text)
        } catch {
            throw RequestError(status: 400, code: "type_not_allowed", message: "\(error)")
        }
    }

    /// What the first bytes are; nil where nobody is to look.
    private func inspected(
        _ head: ObjectHead, _ location: ObjectLocation, _ account: inout Account
    ) throws(RequestError) -> ContentType? {
        guard profile.inspects, let inspector = desk.inspector else { return nil }
        let bytes: ObjectBytes
        do throws(S3Error) {
            bytes = try desk.client.get(
                location, range: ByteRange(first: 0, count: Int64(Inspector.length)), ifMatch: head.etag,
                limit: Inspector.length, until: deadline)
        } catch .preconditionFailed {
            throw .invalidUpload
        } catch .notFound(let code) where !code.is("NoSuchBucket") {
            throw .invalidUpload
        } catch {
            throw account.failed(error)
        }
        do throws(InspectionError) {
            return try inspector.contentType(of: bytes.bytes)
        } catch {
            account.cause = "\(error)"
            throw RequestError(
                status: 500, code: "inspection_failed", message: "The file could not be looked into; try again")
        }
    }
}
