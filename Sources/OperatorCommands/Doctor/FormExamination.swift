internal import S3Authorization
internal import S3Client
internal import UploadService

/// Signed forms: a good one must be taken, and three that break their policy must not.
struct FormExamination {
    let visit: Visit

    /// The key of what was uploaded; nil where nothing was.
    func run() -> ByteString? {
        visit.doing("posting a signed form")
        let versions = visit.desk.rules.signatureVersions
        var uploaded: ByteString?
        if versions.contains(.v4) {
            uploaded = post("form", .v4)
            if uploaded != nil {
                overSize(.v4)
                wrongKey(.v4)
                tampered(.v4)
            }
        }
        if versions.contains(.v2) {
            let key = post("form_version_2", .v2)
            uploaded = uploaded ?? key
        }
        if uploaded != nil { unicode() }
        return uploaded
    }

    private func post(_ check: String, _ version: SignatureVersion) -> ByteString? {
        let key = visit.newKey()
        guard let form = form(check, key, version) else { return nil }
        switch visit.send(form.request(visit.desk)) {
        case .success(let answer) where (200...299).contains(answer.status):
            visit.uploads.append(key)
            visit.ok(check, "S3 takes a signed form of version \(version.rawValue)")
            return key
        case .success(let answer):
            let (message, mending) = visit.meaning(of: answer)
            if version == .v2, visit.desk.rules.signatureVersions.contains(.v4) {
                visit.warn(check, message, mending: "Write signature_versions = [4] under [rules].")
            } else {
                visit.fail(check, message, mending: mending)
            }
        case .failure(let error):
            let (message, mending) = ClockExamination.meaning(of: error, "s3.public_endpoint")
            visit.fail(check, message, mending: mending)
        }
        return nil
    }

    /// Nil where our own rules refuse it, which is then the finding.
    private func form(
        _ check: String, _ key: ByteString, _ version: SignatureVersion, maximum: Int = 1024
    ) -> UploadForm? {
        do {
            return try UploadForm(key, visit, version: version, maximum: maximum)
        } catch let error as PolicyViolations {
            let said = error.all.map(\.message).joined(separator: "; ")
            visit.fail(check, "our own rules refuse to sign it: \(said)", mending: "Widen [rules] for real uploads.")
        } catch {
            visit.fail(check, "it cannot be signed: \(error)", mending: "Run `countersign check`.")
        }
        return nil
    }

    private func overSize(_ version: SignatureVersion) {
        let key = visit.newKey()
        guard let form = form("form_over_size", key, version, maximum: 16) else { return }
        visit.expectRefusal("form_over_size", key, form.request(visit.desk, size: 17), "a file that is too large")
    }

    private func wrongKey(_ version: SignatureVersion) {
        let key = visit.newKey()
        guard var form = form("form_wrong_key", visit.newKey(), version) else { return }
        form["key"] = key
        visit.expectRefusal("form_wrong_key", key, form.request(visit.desk), "another key than was signed")
    }

    private func tampered(_ version: SignatureVersion) {
        let key = visit.newKey()
        guard var form = form("form_tampered", key, version), var policy = try? Base64.decode(form["policy"]) else {
            return
        }
        policy.append(UInt8(ascii: " "))
        form["policy"] = Base64.encode(policy)
        visit.expectRefusal("form_tampered", key, form.request(visit.desk), "a policy that was changed after signing")
    }

    /// Whether a key outside ASCII is stored under the name that was signed.
    private func unicode() {
        guard visit.desk.configuration.rules.keyCharacters == .unicode else { return }
        visit.doing("posting a form with a key outside ASCII")
        let key = visit.newKey(" Grüße 写真 +&.txt")
        guard let form = form("unicode", key, visit.desk.signatureVersion),
            case .success(let answer) = visit.send(form.request(visit.desk))
        else { return }
        let mending =
            "Write key_characters = \"strict\" under [rules], and let pages make keys of a UUID and an "
            + "extension."
        guard (200...299).contains(answer.status) else {
            return visit.fail("unicode", visit.meaning(of: answer).message, mending: mending)
        }
        visit.uploads.append(key)
        guard let client = visit.storage?.client else {
            return visit.ok("unicode", "S3 takes a key outside ASCII")
        }
        do throws(S3Error) {
            _ = try client.head(visit.uploaded(key), until: visit.deadline)
            visit.ok("unicode", "S3 stores a key outside ASCII under its own name")
        } catch {
            guard case .notFound = error else { return }
            visit.fail("unicode", "S3 stores a key outside ASCII under another name", mending: mending)
        }
    }
}
