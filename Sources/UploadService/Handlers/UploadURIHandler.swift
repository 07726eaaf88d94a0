internal import FastCGI
internal import S3Authorization

/// `POST upload_uri`: a URL to which an API client may PUT one object, under a key that we choose.
struct UploadURIHandler {
    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let profile = try inquiry.profile(&account)
        let identity = try inquiry.identity(&account)
        let body = inquiry.request.body
        try inquiry.checkBody(limit: profile.bodyLimit)
        guard body.isEmpty || inquiry.isJSON else { throw .unsupportedMediaType }
        let wish = body.isEmpty ? UploadWish() : try UploadWish(json: body)
        let key = ByteString(
            identity.prefix.text.bytes + UUIDText.version4(surroundings.random(16)).bytes
                + FileName.dottedExtension(of: wish.filename).bytes)
        account.key = key
        try wish.checkThatOneRequestTakesIt()
        let upload = Upload(key: key, size: wish.size, contentType: wish.type, checksum: wish.checksum)
        let caller = Caller(prefix: identity.prefix, expectedVersion: wish.version ?? inquiry.signatureVersion)
        var rules = profile.rules
        var authorized = try authorized(upload, rules, caller)
        let question = UploadQuestion(
            key: key, type: wish.type, size: wish.size, name: wish.filename.isEmpty ? nil : wish.filename,
            undeclared: .open)
        if let narrowed = try question.narrowed(profile, for: identity, inquiry, surroundings, &account) {
            rules = narrowed
            authorized = try self.authorized(upload, rules, caller)
        }
        let put = try inquiry.presigned(authorized, rules)
        let leave = Leave(size: wish.size, under: rules) { rules throws(RequestError) in
            _ = try self.authorized(upload, rules, caller)
        }
        try LeaveDesk(inquiry: inquiry, surroundings: surroundings, profile: profile, identity: identity)
            .give(leave, &account)
        return answer(authorized, put)
    }

    private func authorized(
        _ upload: Upload, _ rules: UploadRules, _ caller: Caller
    ) throws(RequestError) -> AuthorizedUpload {
        do throws(PolicyViolations) {
            return try rules.authorize(upload, for: caller, at: surroundings.signingTime)
        } catch {
            throw .refusedUpload(error)
        }
    }

    /// drf-to-s3's `key` and `upload_uri`; then what a client needs that does not know our rules by heart.
    private func answer(_ upload: AuthorizedUpload, _ put: PresignedUpload) -> Response {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.name("key")
        writer.string(upload.key)
        writer.name("upload_uri")
        writer.string(put.url)
        writer.name("method")
        writer.string("PUT")
        writer.name("headers")
        writer.headers(put.headers)
        writer.name("expires")
        writer.number(put.lifetime)
        writer.name("expires_at")
        writer.string(put.expiration.text(.extended))
        writer.endObject()
        return Answers.json(writer.bytes)
    }
}

extension Inquiry {
    /// The version that `?v2=true` or `?v4=true` asks for.
    fileprivate var signatureVersion: SignatureVersion? {
        if queryValue("v4") != nil { return .v4 }
        return queryValue("v2") != nil ? .v2 : nil
    }
}
