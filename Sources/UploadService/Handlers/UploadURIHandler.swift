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
        let profile = try inquiry.profile()
        account.profile = profile.name
        let identity = try inquiry.identity()
        account.user = identity.name
        let body = inquiry.request.body
        guard body.count <= profile.bodyLimit else { throw .bodyTooLarge(limit: profile.bodyLimit) }
        guard body.isEmpty || inquiry.isJSON else { throw .unsupportedMediaType }
        let wish = body.isEmpty ? UploadWish() : try UploadWish(json: body)
        let key = ByteString(
            identity.prefix.text.bytes + UUIDText.version4(surroundings.random(16)).bytes
                + FileName.dottedExtension(of: wish.filename).bytes)
        account.key = key
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
        return answer(authorized, try presign(authorized, rules))
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

    private func presign(
        _ upload: AuthorizedUpload, _ rules: UploadRules
    ) throws(RequestError) -> PresignedUpload {
        let credentials = try inquiry.uploadCredentials()
        do {
            let signer = try Signer(credentials: credentials, region: rules.region)
            return try upload.presigned(by: signer, at: inquiry.site.endpoint, addressing: inquiry.site.addressing)
        } catch {
            throw .cannotPresign
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
        writer.beginObject()
        // A browser sets the length itself and lets no script do it: https://fetch.spec.whatwg.org/#forbidden-request-header
        for header in put.headers where !header.name.is("content-length") && !header.name.is("host") {
            writer.escapedName(header.name)
            writer.string(header.value)
        }
        writer.endObject()
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

extension RequestError {
    static var cannotPresign: RequestError {
        RequestError(
            status: 500, code: "cannot_presign",
            message: "This site's rules make no URL for uploads; its configuration is wrong")
    }

    /// The violations under the names that the client used.
    static func refusedUpload(_ violations: PolicyViolations) -> RequestError {
        let details = violations.all.map { violation in
            let field: ByteString =
                switch violation.place {
                case .condition("Content-Type"): "type"
                case .condition("content-length-range"): "size"
                case .condition("x-amz-algorithm"): "signatureVersion"
                case .condition("x-amz-checksum-sha256"): "checksum"
                case .condition(let element): element
                case .conditions: "key"
                case .expiration: "expires"
                }
            let isMissing = violation.message == "Required condition is missing"
            return Detail(place: field, message: isMissing ? "This field is required." : violation.message)
        }
        return invalidFields(details, status: violations.areAllOfPermission ? 403 : 400)
    }
}
