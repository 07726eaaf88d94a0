internal import S3Authorization
internal import S3Client
internal import UploadService

/// What completion needs: reading uploads, conditional writes and copies, and copies in parts.
struct StorageExamination {
    let visit: Visit
    let upload: ByteString?

    func run() {
        guard let storage = visit.storage else {
            return visit.ok("storage", "there is no [storage]: uploads are signed here, and not completed")
        }
        let target = ObjectLocation(bucket: storage.bucket, key: visit.newKey())
        visit.doing("writing to the storage bucket under a condition")
        let isWritten = conditionalWrite(storage, target)
        if let upload { copy(storage, visit.uploaded(upload), isWritten) }
        multipart(storage)
    }

    private func conditionalWrite(_ storage: StorageDesk, _ target: ObjectLocation) -> Bool {
        let check = "conditional_write"
        func write() -> S3Error? {
            do throws(S3Error) {
                _ = try storage.client.put(
                    target, body: [], contentType: "text/plain", condition: .absent, until: visit.deadline)
                return nil
            } catch {
                return error
            }
        }
        if let error = write() {
            let (message, mending) = visit.meaning(of: error)
            visit.fail(check, "the storage bucket takes nothing: \(message)", mending: mending)
            return false
        }
        visit.stored.append(target.key)
        switch write() {
        case .preconditionFailed, .conflict: visit.ok(check, "S3 keeps to If-None-Match on PUT")
        case nil:
            visit.fail(
                check, "S3 ignores If-None-Match on PUT, so nothing can be completed exactly once",
                mending: "Use a store that keeps to conditional writes, or a newer release of this one.")
        case let error?:
            let (message, mending) = visit.meaning(of: error)
            visit.fail(check, message, mending: mending)
        }
        return true
    }

    private func copy(_ storage: StorageDesk, _ upload: ObjectLocation, _ isWritable: Bool) {
        visit.doing("reading and copying an upload")
        let head: ObjectHead
        do throws(S3Error) {
            head = try storage.client.head(upload, until: visit.deadline)
            visit.ok("storage_reads", "the storage key can read uploads")
        } catch {
            let (message, mending) = visit.meaning(of: error)
            return visit.fail("storage_reads", "the storage key cannot read uploads: \(message)", mending: mending)
        }
        missing(storage)
        guard isWritable, let other = ETag(parsing: "\"00000000000000000000000000000000\"") else { return }
        let target = ObjectLocation(bucket: storage.bucket, key: visit.newKey())
        do throws(S3Error) {
            _ = try storage.client.copy(
                CopySource(upload, etag: other), to: target, headers: storage.headers, until: visit.deadline)
            visit.stored.append(target.key)
            visit.warn(
                "conditional_copy",
                "S3 ignores x-amz-copy-source-if-match: a user could replace a file between "
                    + "look and copy",
                mending: "Use a store that keeps to it, or a newer release of this one.")
            return
        } catch {
            guard error == .preconditionFailed else {
                let (message, mending) = visit.meaning(of: error)
                return visit.fail("conditional_copy", message, mending: mending)
            }
        }
        do throws(S3Error) {
            _ = try storage.client.copy(
                CopySource(upload, etag: head.etag), to: target, headers: storage.headers, until: visit.deadline)
            visit.stored.append(target.key)
            visit.ok("conditional_copy", "S3 copies what was looked at, and nothing else")
        } catch {
            let (message, mending) = visit.meaning(of: error)
            visit.fail("conditional_copy", message, mending: mending)
        }
    }

    /// Without s3:ListBucket what is missing looks like what is forbidden.
    private func missing(_ storage: StorageDesk) {
        do throws(S3Error) {
            _ = try storage.client.head(visit.uploaded(visit.newKey()), until: visit.deadline)
        } catch {
            switch error {
            case .notFound: visit.ok("storage_lists", "the storage key can tell what is missing from what is forbidden")
            default:
                visit.fail(
                    "storage_lists", "the storage key cannot tell what is missing from what is forbidden",
                    mending: "Give it s3:ListBucket on both buckets: `countersign print iam --bucket storage`.")
            }
        }
    }

    private func multipart(_ storage: StorageDesk) {
        visit.doing("opening and aborting an upload in parts")
        let target = ObjectLocation(bucket: storage.bucket, key: visit.newKey())
        do throws(S3Error) {
            let upload = try storage.client.createMultipartUpload(
                target, headers: storage.headers, until: visit.deadline)
            do throws(S3Error) {
                _ = try storage.client.listParts(of: upload, until: visit.deadline)
            } catch {
                try storage.client.abort(upload, until: visit.deadline)
                throw error
            }
            try storage.client.abort(upload, until: visit.deadline)
            visit.ok("multipart", "an upload in parts can be opened, listed and aborted")
        } catch {
            let (message, mending) = visit.meaning(of: error)
            visit.fail("multipart", "large files cannot be copied in parts: \(message)", mending: mending)
        }
    }
}
