internal import FastCGI
internal import S3Authorization

/// `POST sign` with `{"headers": "…"}`: checks one request of a chunked upload, writes it anew and signs it.
struct ChunkSigningHandler {
    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(
        to request: RESTRequest, _ profile: Site.Profile, _ identity: Identity, _ account: inout Account
    ) throws(RequestError) -> Response {
        account.key = request.key
        account.operation = request.operation?.name ?? "none"
        let credentials = try inquiry.uploadCredentials()
        let authorized = try authorize(request, profile.rules, identity, credentials)
        let signature = authorized.sign(with: inquiry.site.keys)
        // Once for each upload: what follows needs the id that S3 gave to this request.
        if authorized.operation == .initiate {
            let rules = try ask(authorized, profile, identity, &account)
            let leave = Leave(under: rules, isInParts: true) { rules throws(RequestError) in
                _ = try authorize(request, rules, identity, credentials)
            }
            try LeaveDesk(inquiry: inquiry, surroundings: surroundings, profile: profile, identity: identity)
                .give(leave, &account)
        }
        var writer = JSONWriter(capacity: 96)
        writer.beginObject()
        writer.name("signature")
        writer.plain(signature)
        writer.endObject()
        return Answers.json(writer.bytes)
    }

    private func authorize(
        _ request: RESTRequest, _ rules: UploadRules, _ identity: Identity, _ credentials: Credentials
    ) throws(RequestError) -> AuthorizedRESTRequest {
        let version: SignatureVersion? = inquiry.queryValue("v4").map { _ in .v4 }
        let caller = Caller(prefix: identity.prefix, expectedVersion: version)
        do throws(PolicyViolations) {
            return try rules.authorize(
                request, for: caller, signedBy: credentials, at: inquiry.site.endpoint,
                addressing: inquiry.site.addressing, now: surroundings.signingTime)
        } catch {
            throw .refusedHeaders(error)
        }
    }

    /// Asks the site about an upload that keeps the rules.
    ///
    /// No signature bounds its size, and version 4 signs no type: what the answer narrows, the question before the copy
    /// holds to.
    private func ask(
        _ request: AuthorizedRESTRequest, _ profile: Site.Profile, _ identity: Identity, _ account: inout Account
    ) throws(RequestError) -> UploadRules {
        let question = UploadQuestion(
            key: request.key, type: request.contentType,
            name: request.fileName.flatMap { try? PercentEncoding.decode($0) }, undeclared: .impossible)
        return try question.narrowed(profile, for: identity, inquiry, surroundings, &account) ?? profile.rules
    }
}

extension RequestError {
    fileprivate static func refusedHeaders(_ violations: PolicyViolations) -> RequestError {
        refused(violations, member: "headers", code: "invalid_headers")
    }
}
