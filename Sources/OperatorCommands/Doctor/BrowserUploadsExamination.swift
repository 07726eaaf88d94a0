internal import S3Authorization
internal import S3Client
internal import UploadService

/// The ways in which a browser uploads with a key of its own: whether forms arrive, and whether any way publishes.
struct BrowserUploadsExamination {
    let visit: Visit
    let client: S3Client
    let lent: Credentials

    func run() {
        visit.doing("posting a form with a browser's key")
        arriveByForm()
        visit.doing("trying to upload what strangers can read, which must be refused")
        publishNothing()
    }

    /// Ceph's gateway of version 16 says yes and stores nothing.
    private func arriveByForm() {
        guard let (key, answer) = form(acl: visit.desk.rules.acl) else { return }
        guard (200...299).contains(answer.status) else {
            return visit.warn(
                "browser_key_forms", "S3 takes no forms of a browser's key: it answers \(answer.status)",
                mending: "Let pages send all files in parts: chunking: {enabled: true, mandatory: true}.")
        }
        visit.uploads.append(key)
        guard let storage = visit.storage else { return }
        do throws(S3Error) {
            _ = try storage.client.head(visit.uploaded(key), until: visit.deadline)
            visit.ok("browser_key_forms", "S3 takes forms of a browser's key")
        } catch {
            guard case .notFound = error else { return }
            visit.warn(
                "browser_key_forms", "S3 answers a form of a browser's key with \(answer.status) and stores nothing",
                mending: "Let pages send all files in parts: chunking: {enabled: true, mandatory: true}.")
        }
    }

    /// In three ways, because stores ask for the right to an ACL in some of them only.
    private func publishNothing() {
        let acl = HeaderField("x-amz-acl", "public-read")
        var taken: [ByteString] = []
        let key = visit.newKey()
        let whole = try? client.answer(
            to: .putObject, "PUT", visit.uploaded(key), headers: [acl], body: [0x78], until: visit.deadline)
        if let whole, (200...299).contains(whole.status) { taken.append(key) }
        if let key = inParts(acl) { taken.append(key) }
        if let (key, answer) = form(acl: acl.value), (200...299).contains(answer.status) { taken.append(key) }
        visit.uploads += taken
        let isPublic = taken.contains { key in
            let url = visit.desk.publicEndpoint.url(
                bucket: visit.desk.bucket, key: key, addressing: visit.desk.addressing)
            guard case .success(let answer) = visit.send(HTTPRequest(url: url)) else { return false }
            return answer.status == 200
        }
        if isPublic {
            visit.fail(
                "browser_key_publishes", "a browser's key can upload what strangers can read",
                mending: "Let the uploads bucket ignore public ACLs (aws s3api put-public-access-block).")
        } else {
            visit.ok("browser_key_publishes", "a browser's key cannot upload what strangers can read")
        }
    }

    /// The key of a small upload in one part; nil where S3 does not take it.
    private func inParts(_ acl: HeaderField) -> ByteString? {
        let object = visit.uploaded(visit.newKey())
        do throws(S3Error) {
            let upload = try client.createMultipartUpload(object, headers: [acl], until: visit.deadline)
            let part = try client.answer(
                to: .putObject, "PUT", object,
                query: [QueryParameter("partNumber", "1"), QueryParameter("uploadId", upload.id)], body: [0x78],
                until: visit.deadline)
            guard let etag = part.header("etag").flatMap(ETag.init(parsing:)) else {
                try client.abort(upload, until: visit.deadline)
                return nil
            }
            _ = try client.complete(upload, parts: [UploadedPart(number: 1, etag: etag)], until: visit.deadline)
            return object.key
        } catch {
            return nil
        }
    }

    private func form(acl: ByteString?) -> (key: ByteString, answer: HTTPAnswer)? {
        let key = visit.newKey()
        var rules = visit.desk.rules
        rules.acl = acl
        rules.signatureVersions = [.v4]
        guard let signed = try? UploadForm(key, visit, rules: rules, credentials: lent),
            case .success(let answer) = visit.send(signed.request(visit.desk))
        else { return nil }
        return (key, answer)
    }
}
