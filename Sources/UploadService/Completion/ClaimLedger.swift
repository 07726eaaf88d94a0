internal import S3Authorization
internal import S3Client

/// The claims in the storage bucket: found by upload, written once each, and given a verdict once.
struct ClaimLedger {
    /// A claim as the store has it now; the tag is the claim object's own.
    struct Entry {
        var claim: Claim
        var revision: ETag
        /// Whether this very request wrote the claim just now, so that nobody can have gone on with it before.
        var isNew = false
    }

    let desk: StorageDesk
    let deadline: Deadline

    /// Writes the claim; where somebody was first, gives theirs.
    func claim(_ claim: Claim) throws(S3Error) -> Entry {
        let place = location(claim.uploadKey, claim.etag)
        do throws(S3Error) {
            let written = try desk.client.put(
                place, body: claim.document, contentType: "application/json", condition: .absent, until: deadline)
            return Entry(claim: claim, revision: written.etag, isNew: true)
        } catch .preconditionFailed {
            guard let entry = try entry(at: place) else { throw .conflict }
            return entry
        }
    }

    /// The claim of an upload that had this tag; nil where there is none.
    func entry(_ key: ByteString, _ etag: ETag) throws(S3Error) -> Entry? {
        try entry(at: location(key, etag))
    }

    /// The claim of an upload whose tag nobody knows any more: the one written last.
    func latestEntry(_ key: ByteString) throws(S3Error) -> Entry? {
        let page = try desk.client.list(bucket: desk.bucket, prefix: folder(key), until: deadline)
        let latest = page.objects.max { left, right in
            (left.lastModified ?? .start) < (right.lastModified ?? .start)
        }
        guard let latest else { return nil }
        return try entry(at: ObjectLocation(bucket: desk.bucket, key: latest.key))
    }

    /// Changes a claim that is still as we know it; nil where somebody else was first.
    func change(_ entry: Entry, _ change: (inout Claim) -> Void) throws(S3Error) -> Entry? {
        var claim = entry.claim
        change(&claim)
        let place = location(claim.uploadKey, claim.etag)
        do throws(S3Error) {
            let written = try desk.client.put(
                place, body: claim.document, contentType: "application/json", condition: .unchanged(entry.revision),
                until: deadline)
            return Entry(claim: claim, revision: written.etag)
        } catch .preconditionFailed {
            // A try whose end we do not know may have been the one that wrote it.
            guard let present = try self.entry(at: place), present.claim == claim else { return nil }
            return present
        }
    }

    private func entry(at place: ObjectLocation) throws(S3Error) -> Entry? {
        do throws(S3Error) {
            let object = try desk.client.get(place, limit: 1 << 20, until: deadline)
            guard let revision = object.etag, let claim = Claim(parsing: object.bytes) else {
                throw S3Error.badAnswer("the claim \(place.key) is none")
            }
            return Entry(claim: claim, revision: revision)
        } catch .notFound(let code) where !code.is("NoSuchBucket") {
            return nil
        }
    }

    /// `<claims><SHA-256 of bucket, NUL, key>/<tag>`
    private func location(_ key: ByteString, _ etag: ETag) -> ObjectLocation {
        ObjectLocation(
            bucket: desk.bucket,
            key: ByteString(folder(key).bytes + PercentEncoding.encode(etag.text).bytes))
    }

    private func folder(_ key: ByteString) -> ByteString {
        let digest = SHA256.digest(of: desk.uploads.bytes + [0] + key.bytes)
        return ByteString(desk.claims.bytes + Hexadecimal.encode(digest).bytes + [UInt8(ascii: "/")])
    }
}
