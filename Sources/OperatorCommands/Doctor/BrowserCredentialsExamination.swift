internal import S3Authorization
internal import S3Client
internal import UploadService

/// The keys that browsers get: that there are any, and that each writes in its own prefix and does nothing else.
struct BrowserCredentialsExamination {
    let visit: Visit

    func run() {
        guard let lent = lend() else { return }
        let provider = StaticCredentials(lent)
        guard let client = try? visit.desk.client(provider), write(client) else { return }
        stayInside(client)
        reachNothingElse(client)
        BrowserUploadsExamination(visit: visit, client: client, lent: lent).run()
        lendNoMore(provider)
    }

    private var desk: BrowserCredentialsDesk? {
        var desk = visit.desk.site.browserCredentials
        desk?.role.transport = visit.desk.transport
        return desk
    }

    private func lend() -> Credentials? {
        guard let desk else { return nil }
        visit.doing("asking STS for a browser's key")
        do throws(LendingError) {
            let lent = try key(of: desk, Visit.user)
            let left = (lent.expiration?.secondsSince1970 ?? 0) - visit.now
            visit.ok("browser_key", "STS lends browsers keys of the role, good for \(Span.text(left))")
            return lent
        } catch {
            visit.fail(
                "browser_key", "browsers get no keys: \(error)",
                mending: "Let the role's trust policy name the user of the uploads key, and give that key the right to "
                    + "assume the role: `countersign print iam`.")
            return nil
        }
    }

    private func key(of desk: BrowserCredentialsDesk, _ user: ByteString) throws(LendingError) -> Credentials {
        guard let prefix = try? KeyPrefix(user: user) else { throw .policy(.prefix) }
        return try desk.credentials(
            named: user, prefix: prefix, rules: visit.desk.rules, until: visit.deadline)
    }

    /// Whether it can do what it is for.
    private func write(_ client: S3Client) -> Bool {
        visit.doing("uploading with a browser's key")
        let key = visit.newKey()
        let headers = visit.desk.rules.acl.map { [HeaderField("x-amz-acl", $0)] } ?? []
        guard let answer = put(client, visit.uploaded(key), headers) else { return false }
        guard (200...299).contains(answer.status) else {
            visit.fail(
                "browser_key_writes",
                "a browser's key cannot upload: S3 answers \(answer.status) \(answer.errorCode ?? "")",
                mending: "Give the role the rights of `countersign print iam`.")
            return false
        }
        visit.uploads.append(key)
        visit.ok("browser_key_writes", "a browser's key uploads in its own prefix")
        let read = try? client.answer(to: .getObject, "GET", visit.uploaded(key), until: visit.deadline)
        refuse("browser_key_reads", read, "read what it wrote")
        return true
    }

    private func put(_ client: S3Client, _ object: ObjectLocation, _ headers: [HeaderField] = []) -> HTTPAnswer? {
        try? client.answer(
            to: .putObject, "PUT", object, headers: headers, body: [UInt8](repeating: 0x78, count: 16),
            until: visit.deadline)
    }

    private func refuse(_ check: String, _ answer: HTTPAnswer?, _ what: String) {
        guard let answer else { return }
        if (200...299).contains(answer.status) {
            visit.fail(
                check, "a browser's key can \(what)",
                mending: "Take [browser_credentials] out of the configuration: this store does not keep to session "
                    + "policies.")
        } else {
            visit.ok(check, "a browser's key cannot \(what)")
        }
    }

    private func stayInside(_ client: S3Client) {
        visit.doing("trying to upload into another user's prefix, which must be refused")
        let random = Hexadecimal.encode(visit.desk.surroundings.random(16))
        // Its name goes on where the doctor's ends, which a pattern without its slash would let pass.
        let key = ByteString(Visit.user.bytes + "-other/".utf8 + random.bytes)
        let answer = put(client, visit.uploaded(key))
        if let answer, (200...299).contains(answer.status) { visit.uploads.append(key) }
        refuse("browser_key_outside", answer, "upload into another user's prefix")
    }

    private func reachNothingElse(_ client: S3Client) {
        let list = ObjectLocation(bucket: visit.desk.bucket, key: "")
        let listed = try? client.answer(to: .listObjects, "GET", list, until: visit.deadline)
        refuse("browser_key_lists", listed, "list the uploads bucket")
        guard let storage = visit.storage else { return }
        let object = ObjectLocation(bucket: storage.bucket, key: visit.newKey())
        let answer = put(client, object)
        if let answer, (200...299).contains(answer.status) { visit.stored.append(object.key) }
        refuse("browser_key_writes_storage", answer, "write to the storage bucket")
    }

    /// A key that may assume the role again would do so without our session policy.
    private func lendNoMore(_ provider: StaticCredentials) {
        guard var desk else { return }
        visit.doing("trying to get a wider key with a browser's key, which must be refused")
        desk.role.credentials = provider
        if (try? key(of: desk, ByteString(Visit.user.bytes + "-other".utf8))) != nil {
            visit.fail(
                "browser_key_lends", "a browser's key can assume the role itself, and have all that the role may do",
                mending: "Let the role's trust policy refuse the role itself: `countersign print iam`.")
        } else {
            visit.ok("browser_key_lends", "a browser's key cannot assume the role itself")
        }
    }
}
