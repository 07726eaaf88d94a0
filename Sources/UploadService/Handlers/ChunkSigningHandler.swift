internal import FastCGI
internal import S3Authorization
internal import S3Client

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
        if let desk = inquiry.site.storage, desk.asksFirst, authorized.operation == .initiate {
            try ask(desk, authorized, profile, identity, &account)
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

    /// Asks the site about an upload that keeps the rules. No signature bounds its size, so the largest is named; a
    /// smaller one that the answer allows is held to by the question before the copy.
    private func ask(
        _ desk: StorageDesk, _ request: AuthorizedRESTRequest, _ profile: Site.Profile, _ identity: Identity,
        _ account: inout Account
    ) throws(RequestError) {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in [
            ("user", identity.name), ("profile", profile.name), ("key", request.key), ("type", request.contentType),
            ("name", request.fileName.flatMap { try? PercentEncoding.decode($0) }),
        ] as [(StaticString, ByteString?)] {
            guard let value else { continue }
            writer.name(name)
            writer.string(value)
        }
        writer.name("size")
        writer.number(profile.rules.maximumSize)
        writer.endObject()
        let question = HookQuestion(
            desk: desk, headers: desk.forwardedHeaders.fields(of: inquiry.request.parameters),
            surroundings: surroundings)
        let id = ByteString("sign_\(Hexadecimal.encode(surroundings.random(16)))")
        let terms = try desk.permits.run { () throws(RequestError) in
            try question.ask(
                .signing, id: id, data: ByteString(writer.bytes),
                until: desk.client.deadline(milliseconds: desk.deadline), &account)
        }
        guard let terms else { throw .busy }
        if let type = request.contentType, let contentType = ContentType(type), !terms.allows(contentType) {
            throw .notPermittedBySite("Files of type '\(type)' may not be uploaded")
        }
    }
}

extension RequestError {
    fileprivate static func refusedHeaders(_ violations: PolicyViolations) -> RequestError {
        refused(violations, member: "headers", code: "invalid_headers")
    }
}
