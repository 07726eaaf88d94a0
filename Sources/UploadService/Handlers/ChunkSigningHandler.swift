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
        let authorized = try authorize(request, profile, identity)
        // Once for each upload: what follows needs the id that S3 gave to this request.
        if authorized.operation == .initiate {
            try ask(authorized, profile, identity, &account)
        }
        var writer = JSONWriter(capacity: 96)
        writer.beginObject()
        writer.name("signature")
        writer.plain(authorized.sign(with: inquiry.site.keys))
        writer.endObject()
        return Answers.json(writer.bytes)
    }

    private func authorize(
        _ request: RESTRequest, _ profile: Site.Profile, _ identity: Identity
    ) throws(RequestError) -> AuthorizedRESTRequest {
        let version: SignatureVersion? = inquiry.queryValue("v4").map { _ in .v4 }
        let caller = Caller(prefix: identity.prefix, expectedVersion: version)
        let credentials = try inquiry.uploadCredentials()
        do throws(PolicyViolations) {
            return try profile.rules.authorize(
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
    ) throws(RequestError) {
        let question = UploadQuestion(
            key: request.key, type: request.contentType,
            name: request.fileName.flatMap { try? PercentEncoding.decode($0) }, undeclared: .impossible)
        _ = try question.narrowed(profile, for: identity, inquiry, surroundings, &account)
    }
}

extension RequestError {
    fileprivate static func refusedHeaders(_ violations: PolicyViolations) -> RequestError {
        refused(violations, member: "headers", code: "invalid_headers")
    }
}
