internal import S3Authorization
internal import S3Client

/// Takes one claimed upload across to the key that its claim names, and makes sure that it is there.
struct ObjectCopy {
    let desk: StorageDesk
    let deadline: Deadline
    /// What the site adds to the object's metadata.
    var metadata: [HeaderField] = []

    enum Failure: Error {
        case storage(S3Error)
        /// The upload is no longer the one that was claimed.
        case sourceChanged
        /// Parts are still missing at the deadline; the repeat goes on.
        case unfinished
    }

    /// The stored object of a claim; nil where it is not there, or is not this upload's copy.
    func stored(_ claim: Claim) throws(S3Error) -> ObjectHead? {
        do throws(S3Error) {
            let head = try desk.client.head(target(claim), until: deadline)
            let tag = head.metadata.first { $0.name.is("source-etag") }?.value
            return head.size == claim.size && tag == claim.etag.text ? head : nil
        } catch .notFound(let code) where !code.is("NoSuchBucket") {
            return nil
        }
    }

    /// Copies at once or in parts, and asks the store for the result.
    func copy(_ entry: ClaimLedger.Entry, _ ledger: ClaimLedger) throws(Failure) -> ObjectHead {
        let claim = entry.claim
        do throws(S3Error) {
            if claim.size < desk.partCopyThreshold {
                _ = try desk.client.copy(source(claim), to: target(claim), headers: headers(claim), until: deadline)
            } else {
                try PartCopy(copy: self, ledger: ledger).run(entry)
            }
            guard let head = try stored(claim) else { throw .badAnswer("the copy is not there") }
            return head
        } catch {
            throw failure(error, claim)
        }
    }

    func source(_ claim: Claim) -> CopySource {
        CopySource(ObjectLocation(bucket: desk.uploads, key: claim.uploadKey), etag: claim.etag)
    }

    func target(_ claim: Claim) -> ObjectLocation {
        ObjectLocation(bucket: desk.bucket, key: claim.storageKey)
    }

    /// Everything about the stored object is ours: nothing that the uploader set comes along.
    func headers(_ claim: Claim) -> [HeaderField] {
        let user = ByteString(claim.owner.bytes.dropLast())
        return desk.headers + [
            HeaderField("Content-Type", claim.type),
            HeaderField("Content-Disposition", FileName.contentDisposition(claim.name)),
            HeaderField("x-amz-meta-filename", FileName.encoded(claim.name)),
            HeaderField("x-amz-meta-user", user), HeaderField("x-amz-meta-source-etag", claim.etag.text),
        ] + metadata
    }

    func remove(_ claim: Claim) throws(S3Error) {
        try desk.client.delete(target(claim), until: deadline)
    }

    private func failure(_ error: S3Error, _ claim: Claim) -> Failure {
        switch error {
        case .preconditionFailed: return .sourceChanged
        case .notFound(let code) where !code.is("NoSuchBucket"): return .sourceChanged
        case _ where claim.size >= desk.partCopyThreshold && (error == .timedOut || error.isTransient):
            return .unfinished
        default: return .storage(error)
        }
    }
}
