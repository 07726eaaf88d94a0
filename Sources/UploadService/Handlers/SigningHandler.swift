internal import FastCGI
internal import S3Authorization

/// `POST sign`: checks a POST policy, writes it anew and signs it.
struct SigningHandler {
    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let profile = try inquiry.profile(&account)
        guard inquiry.isJSON || inquiry.isStatusless else { throw .unsupportedMediaType }
        let identity = try inquiry.identity(&account)
        try inquiry.checkBody(limit: profile.bodyLimit)
        if let request = RESTRequest(parsing: inquiry.request.body) {
            return try ChunkSigningHandler(inquiry, surroundings).respond(to: request, profile, identity, &account)
        }
        let checked = try check(profile, identity, &account)
        account.key = checked.authorized.key
        let signed = checked.authorized.sign(with: inquiry.site.keys)
        try LeaveDesk(inquiry: inquiry, surroundings: surroundings, profile: profile, identity: identity)
            .give(leave(checked, profile), &account)
        return answer(checked.authorized, signed)
    }

    /// A policy that keeps the rules, and what they were asked about it.
    private struct Checked {
        let authorized: AuthorizedPolicy
        let policy: POSTPolicy
        let caller: Caller
        let credentials: Credentials
        /// The profile's, as the site narrowed them; nil where it did not.
        var narrowed: UploadRules?
    }

    private func leave(_ checked: Checked, _ profile: Site.Profile) -> Leave {
        Leave(
            size: checked.policy.maximumLength, under: checked.narrowed ?? profile.rules
        ) { rules throws(RequestError) in
            _ = try authorized(checked.policy, rules, checked.caller, checked.credentials)
        }
    }

    private func check(
        _ profile: Site.Profile, _ identity: Identity, _ account: inout Account
    ) throws(RequestError) -> Checked {
        let policy: POSTPolicy
        do throws(JSONError) {
            policy = try POSTPolicy(parsing: inquiry.request.body)
        } catch {
            throw .malformedJSON(error)
        }
        account.key = policy.key
        let caller = Caller(
            prefix: identity.prefix, returnPage: policy.redirects ? inquiry.returnPage : nil,
            expectedVersion: inquiry.queryValue("v4").map { _ in .v4 })
        let credentials = try inquiry.uploadCredentials()
        let checked = Checked(
            authorized: try authorized(policy, profile.rules, caller, credentials), policy: policy, caller: caller,
            credentials: credentials)
        guard inquiry.site.hook?.asksFirst == true else { return checked }
        let question = UploadQuestion(
            key: checked.authorized.key, type: policy.value(of: "Content-Type"), size: policy.maximumLength,
            name: policy.value(of: "x-amz-meta-qqfilename").flatMap { try? PercentEncoding.decode($0) },
            undeclared: .impossible)
        guard let rules = try question.narrowed(profile, for: identity, inquiry, surroundings, &account) else {
            return checked
        }
        return Checked(
            authorized: try authorized(policy, rules, caller, credentials), policy: policy, caller: caller,
            credentials: credentials, narrowed: rules)
    }

    private func authorized(
        _ policy: POSTPolicy, _ rules: UploadRules, _ caller: Caller, _ credentials: Credentials
    ) throws(RequestError) -> AuthorizedPolicy {
        do throws(PolicyViolations) {
            return try rules.authorize(
                policy, for: caller, signedBy: credentials, at: surroundings.signingTime)
        } catch {
            throw .refused(error)
        }
    }

    /// Fine Uploader reads `policy` and `signature`; `policy_decoded` is for people.
    private func answer(_ authorized: AuthorizedPolicy, _ signed: SignedPolicy) -> Response {
        var writer = JSONWriter(capacity: signed.policy.count + authorized.document.count + 160)
        writer.beginObject()
        writer.name("policy")
        writer.plain(signed.policy)
        writer.name("signature")
        writer.plain(signed.signature)
        writer.name("policy_decoded")
        writer.raw(authorized.document.bytes)
        writer.endObject()
        return Answers.json(writer.bytes)
    }
}

extension Inquiry {
    /// `application/json`, with parameters or without.
    var isJSON: Bool {
        guard let type = parameter("CONTENT_TYPE") else { return false }
        let name = ByteString(type.bytes.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 })
        return name.isInAnyCase("application/json")
    }

    /// Whether this is the request of an old Internet Explorer's XDomainRequest, which can send no content type and read
    /// no status: from an origin that is ours or allowed. Without such an origin it is a trick of another site's.
    var isStatusless: Bool {
        guard method == .post, parameter("HTTP_ORIGIN") != nil else { return false }
        if let type = parameter("CONTENT_TYPE"), !type.begins(with: "text/plain") { return false }
        switch origin {
        case .own, .allowed: return true
        case .foreign, .unstated: return false
        }
    }
}
