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
        let profile = try inquiry.sharedProfile(&account)
        guard inquiry.isJSON || inquiry.isStatusless else { throw .unsupportedMediaType }
        let identity = try inquiry.identity(&account)
        try inquiry.checkBody(limit: profile.value.bodyLimit)
        if let request = RESTRequest(parsing: inquiry.request.body) {
            return try ChunkSigningHandler(inquiry, surroundings)
                .respond(to: request, profile.value, identity, &account)
        }
        let wish = try wish(of: identity, &account)
        var authorized = try authorized(wish, profile.value.rules)
        if profile.value.needsLeave || inquiry.asksSite {
            authorized = try permitted(wish, authorized, profile.value, identity, &account)
        }
        account.key = authorized.key
        return answer(authorized, authorized.sign(with: inquiry.site.keys))
    }

    /// A policy, and who wants to have it signed by whom.
    private struct Wish {
        let policy: POSTPolicy
        let caller: Caller
        let credentials: Credentials
    }

    private func wish(of identity: Identity, _ account: inout Account) throws(RequestError) -> Wish {
        let policy: POSTPolicy
        do throws(JSONError) {
            policy = try POSTPolicy(parsing: inquiry.request.body)
        } catch {
            throw .malformedJSON(error, in: inquiry.request.body)
        }
        account.key = policy.key
        let caller = Caller(
            prefix: identity.prefix, returnPage: policy.redirects ? inquiry.returnPage : nil,
            expectedVersion: inquiry.queryValue("v4").map { _ in .v4 })
        return Wish(policy: policy, caller: caller, credentials: try inquiry.uploadCredentials())
    }

    /// What the site's own say and the user's quotas leave of a policy that keeps the profile's rules.
    private func permitted(
        _ wish: Wish, _ authorized: AuthorizedPolicy, _ profile: Site.Profile, _ identity: Identity,
        _ account: inout Account
    ) throws(RequestError) -> AuthorizedPolicy {
        var (rules, authorized) = (profile.rules, authorized)
        if inquiry.asksSite {
            let question = UploadQuestion(
                key: authorized.key, type: wish.policy.value(of: "Content-Type"), size: wish.policy.maximumLength,
                name: wish.policy.value(of: "x-amz-meta-qqfilename").flatMap { try? PercentEncoding.decode($0) },
                undeclared: .impossible)
            if let narrowed = try question.narrowed(profile, for: identity, inquiry, surroundings, &account) {
                rules = narrowed
                authorized = try self.authorized(wish, rules)
            }
        }
        account.key = authorized.key
        let leave = Leave(size: wish.policy.maximumLength, under: rules) { rules throws(RequestError) in
            _ = try self.authorized(wish, rules)
        }
        try LeaveDesk(inquiry: inquiry, surroundings: surroundings, profile: profile, identity: identity)
            .give(leave, &account)
        return authorized
    }

    private func authorized(_ wish: Wish, _ rules: UploadRules) throws(RequestError) -> AuthorizedPolicy {
        do throws(PolicyViolations) {
            return try rules.authorize(
                wish.policy, for: wish.caller, signedBy: wish.credentials, at: surroundings.signingTime)
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
    /// Whether the site has its own say before anything is signed.
    fileprivate var asksSite: Bool { site.hook?.asksFirst == true }

    /// `application/json`, with parameters or without.
    var isJSON: Bool { mediaType?.isInAnyCase("application/json") == true }

    /// That of the body, without its parameters; nil where none was sent. Nothing but blanks may stand between the two.
    ///
    /// RFC 9110, section 8.3.1, <https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1>.
    var mediaType: ByteString? {
        guard var type = parameter("CONTENT_TYPE")?.bytes else { return nil }
        if let end = type.firstIndex(of: UInt8(ascii: ";")) { type = type[..<end] }
        while type.last == 0x20 || type.last == 0x09 { type = type.dropLast() }
        return ByteString(type)
    }

    /// Whether this is the request of an old Internet Explorer's XDomainRequest, which can send no content type and read
    /// no status: from an origin that is ours or allowed. Without such an origin it is a trick of another site's.
    var isStatusless: Bool {
        guard method == .post, parameter("HTTP_ORIGIN") != nil else { return false }
        if let mediaType, !mediaType.isInAnyCase("text/plain") { return false }
        switch origin {
        case .own, .allowed: return true
        case .foreign, .unstated: return false
        }
    }
}
