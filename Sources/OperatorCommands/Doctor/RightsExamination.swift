internal import S3Authorization
internal import S3Client
internal import UploadService

/// What the key that signs can do that it should not; on the way, whether S3 takes its signature at all.
struct RightsExamination {
    let visit: Visit

    /// Whether S3 takes a signature of that key.
    func run() -> Bool {
        visit.doing("asking S3 to list, which must be refused")
        let location = ObjectLocation(bucket: visit.desk.bucket, key: "")
        let answer: HTTPAnswer
        do throws(S3Error) {
            let client = try visit.desk.client(visit.desk.provider)
            answer = try client.answer(
                to: .listObjects, "GET", location,
                query: [QueryParameter("list-type", "2"), QueryParameter("max-keys", "1")], until: visit.deadline)
        } catch {
            let (message, mending) = visit.meaning(of: error)
            visit.fail("signature", message, mending: mending)
            return false
        }
        switch (answer.status, answer.errorCode?.description) {
        case (200...299, _):
            visit.ok("signature", "S3 takes a signature of this key in \(visit.desk.region)")
            visit.warn(
                "key_lists", "the key that signs can list the uploads bucket",
                mending: "Take s3:ListBucket from it: `countersign print iam --bucket uploads` has all that it needs.")
        case (403, "AccessDenied"):
            guard isBelieved() else { return false }
            visit.ok("key_lists", "the key that signs cannot list the uploads bucket")
        default:
            let (message, mending) = visit.meaning(of: answer)
            visit.fail("signature", message, mending: mending)
            return false
        }
        return true
    }
}

extension RightsExamination {
    /// Some stores say "access denied" to wrong signatures too, so only what is taken proves that ours is right.
    private func isBelieved() -> Bool {
        let key = visit.newKey()
        if let form = try? UploadForm(key, visit, version: visit.desk.signatureVersion),
            case .success(let answer) = visit.send(form.request(visit.desk))
        {
            if (200...299).contains(answer.status) { visit.uploads.append(key) }
            if answer.status == 403 {
                let (message, _) = visit.meaning(of: answer)
                visit.fail(
                    "signature", "nothing that this key signs is taken: \(message)",
                    mending: "Put the secret that belongs to \(visit.desk.credentials.accessKeyID) into "
                        + "uploads.secret_access_key_file, and give the key the rights of `countersign print iam`.")
                return false
            }
        }
        visit.ok("signature", "S3 takes a signature of this key in \(visit.desk.region)")
        return true
    }
}

/// Who can read or delete an upload: neither strangers nor the key that signs.
struct ReadingExamination {
    let visit: Visit
    let key: ByteString

    func run() {
        visit.doing("trying to read and delete an upload, which must be refused")
        let url = visit.desk.publicEndpoint.url(
            bucket: visit.desk.bucket, key: key, addressing: visit.desk.addressing)
        if case .success(let answer) = visit.send(HTTPRequest(url: url)), answer.status == 200 {
            visit.fail(
                "public", "strangers can read what was uploaded",
                mending: "Switch public access to the uploads bucket off (aws s3api put-public-access-block).")
        } else {
            visit.ok("public", "strangers cannot read what was uploaded")
        }
        attempt("key_reads", .getObject, "GET", "read", "s3:GetObject")
        attempt("key_deletes", .deleteObject, "DELETE", "delete", "s3:DeleteObject")
        writeStorage()
    }

    private func attempt(
        _ check: String, _ operation: Operation, _ method: ByteString, _ verb: String, _ right: String
    ) {
        guard let client = try? visit.desk.client(visit.desk.provider),
            let answer = try? client.answer(to: operation, method, visit.uploaded(key), until: visit.deadline)
        else { return }
        if (200...299).contains(answer.status) {
            visit.warn(
                check, "the key that signs can \(verb) uploads",
                mending: "Take \(right) from it (`countersign print iam --bucket uploads` has all that it needs), "
                    + "and let the "
                    + "bucket's owner own what is uploaded.")
        } else {
            visit.ok(check, "the key that signs cannot \(verb) uploads")
        }
    }

    /// Whoever steals the key of a page must not reach what is trusted.
    private func writeStorage() {
        guard let storage = visit.storage, let client = try? visit.desk.client(visit.desk.provider) else {
            return
        }
        let object = ObjectLocation(bucket: storage.bucket, key: visit.newKey())
        guard let answer = try? client.answer(to: .putObject, "PUT", object, body: [], until: visit.deadline) else {
            return
        }
        if (200...299).contains(answer.status) {
            visit.stored.append(object.key)
            visit.fail(
                "key_writes_storage", "the key that signs can write to the storage bucket",
                mending: "Give uploads a key of its own, with the rights of `countersign print iam --bucket uploads`.")
        } else {
            visit.ok("key_writes_storage", "the key that signs cannot write to the storage bucket")
        }
    }
}

/// Whether pages can send large files: the key that signs must begin uploads in parts, and give them up.
struct PartsExamination {
    let visit: Visit

    func run() {
        visit.doing("opening and aborting an upload in parts, with the key that signs")
        guard let client = try? visit.desk.client(visit.desk.provider) else { return }
        let upload: MultipartUpload
        do throws(S3Error) {
            let headers = visit.desk.rules.acl.map { [HeaderField("x-amz-acl", $0)] } ?? []
            upload = try client.createMultipartUpload(
                visit.uploaded(visit.newKey()), headers: headers, until: visit.deadline)
        } catch {
            let (message, mending) = visit.meaning(of: error)
            return visit.warn("parts", "pages cannot send files in parts: \(message)", mending: mending)
        }
        do throws(S3Error) {
            try client.abort(upload, until: visit.deadline)
            visit.ok("parts", "pages can send files in parts, and give them up")
        } catch {
            try? visit.storage?.client.abort(upload, until: visit.deadline)
            visit.warn(
                "parts", "the key that signs cannot give up an upload in parts",
                mending: "Give it s3:AbortMultipartUpload: `countersign print iam --bucket uploads`.")
        }
    }
}
