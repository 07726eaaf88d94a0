internal import S3Authorization
internal import S3Client
internal import UploadService

/// The site as a user meets it: who they are, and an upload of theirs.
struct LoggedInExamination {
    let site: SiteExamination

    private var visit: Visit { site.visit }

    func run() {
        guard case .success(let answer) = site.ask("GET", "/prefix", site.login) else { return }
        guard answer.status == 200, let prefix = SiteExamination.text("prefix", in: answer) else {
            return visit.fail(
                "site_login", "the login is answered \(answer.status)",
                mending: answer.status == 401
                    ? "Give --user and --password, --cookie or --header of a user that the web server knows."
                    : "Pass the user that the web server found as \(visit.desk.configuration.identity.parameter).")
        }
        visit.ok("site_login", "this login uploads to \(prefix)")
        configuration(answer)
        sign(ByteString(prefix))
    }

    /// Whether the running program has read the same configuration.
    private func configuration(_ answer: HTTPAnswer) {
        let desk = visit.desk
        let expected: [(ByteString, String)] = [
            ("bucket", desk.bucket.description), ("region", desk.region.description),
            ("accessKey", desk.credentials.accessKeyID.description),
            ("endpoint", desk.publicEndpoint.url(bucket: desk.bucket, addressing: desk.addressing).description),
        ]
        for (name, ours) in expected {
            guard let theirs = SiteExamination.text(name, in: answer), theirs != ours else { continue }
            return visit.fail(
                "site_configuration",
                "the running program says \(name) is \(Printable.quoted(ByteString(theirs))), "
                    + "this "
                    + "configuration \(Printable.quoted(ByteString(ours)))",
                mending: "Restart the program, or give the file that it reads with --config.")
        }
        visit.ok("site_configuration", "the running program has this configuration")
    }

    /// The form is signed here too, so the site's own signature must be the same kind of right.
    private func sign(_ prefix: ByteString) {
        let user = ByteString(prefix.bytes.dropLast())
        guard let decoded = try? PercentEncoding.decode(user) else { return }
        let key = ByteString(
            prefix.bytes + Hexadecimal.encode(visit.desk.surroundings.random(16)).bytes + Array(".txt".utf8))
        let version: SignatureVersion = visit.desk.signatureVersion
        guard var form = try? UploadForm(key, visit, prefix: decoded, version: version),
            let policy = try? Base64.decode(form["policy"])
        else { return }
        let headers = [HeaderField("Content-Type", "application/json")] + site.login
        let query = version == .v4 ? "?v4=true" : ""
        guard case .success(let answer) = site.ask("POST", "/sign\(query)", headers, body: policy) else { return }
        guard answer.status == 200, let signed = SiteExamination.text("policy", in: answer),
            let signature = SiteExamination.text("signature", in: answer)
        else {
            let said = SiteExamination.text("error", in: answer) ?? "status \(answer.status)"
            return visit.fail(
                "site_sign", "the site refuses to sign: \(said)",
                mending: "Look at the program's log line of this "
                    + "request.")
        }
        form["policy"] = ByteString(signed)
        form[version == .v4 ? "x-amz-signature" : "signature"] = ByteString(signature)
        guard case .success(let stored) = visit.send(form.request(visit.desk)) else { return }
        guard (200...299).contains(stored.status) else {
            let (message, _) = visit.meaning(of: stored)
            return visit.fail(
                "site_sign", "S3 does not take what the site signed: \(message)",
                mending: "Restart the program, so that it signs with the secret that is configured now.")
        }
        visit.uploads.append(key)
        visit.ok("site_sign", "the site signs a form, and S3 takes it")
    }
}
