internal import FastCGI
internal import S3Authorization
internal import S3Client

extension Inquiry {
    /// `GET prefix?credentials`: the page asks for a key, which only pages of ours may have.
    var asksForCredentials: Bool {
        route == .prefix && method == .get && queryValue("credentials") != nil
    }

    /// A key for this user's browser.
    func lend(
        to identity: Identity, _ profile: Site.Profile, _ surroundings: Surroundings, _ account: inout Account
    ) throws(RequestError) -> Credentials {
        guard let desk = site.browserCredentials else { throw .lendsNoCredentials }
        account.operation = "credentials"
        let lent = try desk.permits.run { () throws(RequestError) in
            do throws(LendingError) {
                return try desk.credentials(
                    named: identity.name, prefix: identity.prefix, rules: profile.rules,
                    clockOffset: site.uploads?.client.clockOffset ?? 0,
                    until: Deadline(milliseconds: desk.deadline, after: surroundings.stopwatch()))
            } catch {
                throw .lending(error)
            }
        }
        guard let lent else { throw .busy }
        account.lentKey = lent.accessKeyID
        return lent
    }
}

/// `GET s3/sts`: the same key in the words of Uppy's Companion.
struct TemporaryCredentialsHandler {
    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        guard inquiry.site.browserCredentials != nil else { throw .noTemporaryCredentials }
        let profile = try inquiry.profile(&account)
        let identity = try inquiry.identity(&account)
        let lent = try inquiry.lend(to: identity, profile, surroundings, &account)
        var writer = JSONWriter(capacity: 4096)
        writer.beginObject()
        writer.name("credentials")
        writer.beginObject()
        // The released plugin reads the first four names, its rewrite the others.
        for names: [StaticString] in [
            ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"],
            ["accessKeyId", "secretAccessKey", "sessionToken", "expiration"],
        ] {
            writer.write(lent, as: names)
        }
        writer.endObject()
        writer.name("bucket")
        writer.string(profile.rules.bucket)
        writer.name("region")
        writer.string(profile.rules.region)
        writer.name("prefix")
        writer.string(identity.prefix.text)
        writer.endObject()
        return Answers.json(writer.bytes)
    }
}

extension JSONWriter {
    /// The four members of a key that is given away, secret and all, in the order id, secret, token, end.
    mutating func write(_ lent: Credentials, as names: [StaticString]) {
        let secret = lent.secret.withBytes { bytes in
            unsafe ByteString(bytes.withUnsafeBufferPointer { unsafe Array($0) })
        }
        let values = [lent.accessKeyID, secret, lent.sessionToken ?? "", lent.expiration?.text(.extended) ?? ""]
        for (name, value) in zip(names, values) {
            self.name(name)
            string(value)
        }
    }
}

extension RequestError {
    fileprivate static var lendsNoCredentials: RequestError {
        RequestError(status: 404, code: "not_configured", message: "This site hands no keys to browsers")
    }

    fileprivate static func lending(_ error: LendingError) -> RequestError {
        switch error {
        case .policy(.tooLong):
            RequestError(
                status: 403, code: "user_name_too_long", message: "This user name is too long for a key of its own",
                cause: "\(error)")
        case .sts(let failure) where failure.isTransient || failure == .timedOut:
            RequestError(
                status: 503, code: "sts_unavailable", message: "No key can be had at the moment; try again",
                headers: [.init("Retry-After", "5")], cause: "\(error)")
        case .sts(.credentials(let error)): .noCredentials(error)
        case .sts, .policy:
            RequestError(
                status: 502, code: "sts_failed", message: "The site cannot give out a key; its log says why",
                headers: [.init("Retry-After", "30")], cause: "\(error)")
        }
    }
}
