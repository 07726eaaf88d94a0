internal import FastCGI
internal import S3Authorization

/// Grants uploads under keys that we choose: as forms, or as PUTs to a store that knows no forms.
struct Presigner {
    let inquiry: Inquiry
    let surroundings: Surroundings
    let profile: Site.Profile
    let identity: Identity

    /// Who asks, once the request is one that may be looked into.
    init(_ inquiry: Inquiry, _ surroundings: Surroundings, _ account: inout Account) throws(RequestError) {
        self.inquiry = inquiry
        self.surroundings = surroundings
        profile = try inquiry.profile(&account)
        identity = try inquiry.identity(&account)
        try inquiry.checkBody(limit: profile.bodyLimit)
    }

    /// What is granted once there is leave for it.
    struct Proposal {
        fileprivate let grant: UploadGrant
        fileprivate let leave: Leave
    }

    /// `method` is the profile's, unless the client knows another one only.
    func grant(
        _ wish: PresignWish, _ account: inout Account, as method: Site.UploadMethod? = nil
    ) throws(RequestError) -> UploadGrant {
        let proposal = try propose(wish, &account, as: method)
        try desk.give(proposal.leave, &account)
        return proposal.grant
    }

    /// All of them or none.
    func grant(_ proposals: [Proposal], _ account: inout Account) throws(RequestError) -> [UploadGrant] {
        try desk.give(proposals.map(\.leave), &account)
        return proposals.map(\.grant)
    }

    private var desk: LeaveDesk {
        LeaveDesk(inquiry: inquiry, surroundings: surroundings, profile: profile, identity: identity)
    }

    func propose(
        _ wish: PresignWish, _ account: inout Account, as method: Site.UploadMethod? = nil
    ) throws(RequestError) -> Proposal {
        let key = inquiry.site.uploadKey(
            of: identity.prefix, fileName: wish.file.filename, at: surroundings.signingTime,
            uuid: UUIDText.version4(surroundings.random(16)))
        account.key = key
        var upload = Upload(
            key: key, size: wish.file.size, contentType: wish.file.type, checksum: wish.file.checksum)
        upload.metadata = wish.metadata.headers
        // Whatever the method, under the names that the client used.
        let authorized = try authorized(upload, profile.rules)
        try wish.file.checkThatOneRequestTakesIt()
        let isForm = (method ?? profile.method) == .post
        let question = UploadQuestion(
            key: key, type: upload.contentType, size: upload.size,
            name: wish.file.filename.isEmpty ? nil : wish.file.filename, undeclared: isForm ? .impossible : .open)
        let narrowed = try question.narrowed(profile, for: identity, inquiry, surroundings, &account)
        let rules = narrowed ?? profile.rules
        if isForm {
            let credentials = try inquiry.uploadCredentials()
            return Proposal(
                grant: UploadGrant(try form(upload, wish, rules, credentials), key: key),
                leave: Leave(size: upload.size, under: rules) { rules throws(RequestError) in
                    _ = try form(upload, wish, rules, credentials)
                })
        }
        let put = narrowed == nil ? authorized : try self.authorized(upload, rules)
        return Proposal(
            grant: UploadGrant(try inquiry.presigned(put, profile.rules), key: key),
            leave: Leave(size: upload.size, under: rules) { rules throws(RequestError) in
                _ = try self.authorized(upload, rules)
            })
    }

    private func form(
        _ upload: Upload, _ wish: PresignWish, _ rules: UploadRules, _ credentials: Credentials
    ) throws(RequestError) -> PresignedForm {
        guard upload.checksum == nil else { throw .noChecksumInForms }
        let more =
            if let redirect = wish.redirect {
                HeaderField("success_action_redirect", redirect)
            } else {
                HeaderField("success_action_status", wish.status ?? "201")
            }
        let now = surroundings.signingTime
        _ = try authorized(upload, rules)
        let policy = POSTPolicy(for: upload, [more], under: rules, signedBy: credentials, at: now)
        let caller = Caller(prefix: identity.prefix, returnPage: inquiry.returnPage)
        do throws(PolicyViolations) {
            return try rules.authorize(policy, for: caller, signedBy: credentials, at: now).presigned(
                with: inquiry.site.keys, at: inquiry.site.endpoint, addressing: inquiry.site.addressing)
        } catch {
            throw .refusedUpload(error)
        }
    }

    private func authorized(_ upload: Upload, _ rules: UploadRules) throws(RequestError) -> AuthorizedUpload {
        do throws(PolicyViolations) {
            return try rules.authorize(upload, for: Caller(prefix: identity.prefix), at: surroundings.signingTime)
        } catch {
            throw .refusedUpload(error)
        }
    }
}

extension UploadWish {
    func checkThatOneRequestTakesIt() throws(RequestError) {
        guard let size, size > UploadRules.largestRequest else { return }
        throw .invalidField(
            "size", "One request takes at most \(UploadRules.largestRequest) bytes: use multipart, which sends parts")
    }
}

extension Inquiry {
    func presigned(_ upload: AuthorizedUpload, _ rules: UploadRules) throws(RequestError) -> PresignedUpload {
        try presigned(rules) { signer throws(AuthorizedUpload.Unsignable) in
            try upload.presigned(by: signer, at: site.endpoint, addressing: site.addressing)
        }
    }

    func presigned(_ operation: AuthorizedOperation, _ rules: UploadRules) throws(RequestError) -> PresignedUpload {
        try presigned(rules) { signer throws(AuthorizedUpload.Unsignable) in
            try operation.presigned(by: signer, at: site.endpoint, addressing: site.addressing)
        }
    }

    private func presigned(
        _ rules: UploadRules, _ presign: (Signer) throws(AuthorizedUpload.Unsignable) -> PresignedUpload
    ) throws(RequestError) -> PresignedUpload {
        let credentials = try uploadCredentials()
        do {
            return try presign(try Signer(credentials: credentials, region: rules.region))
        } catch {
            throw .cannotPresign
        }
    }
}

extension RequestError {
    static var cannotPresign: RequestError {
        RequestError(
            status: 500, code: "cannot_presign",
            message: "This site's rules make no URL for uploads; its configuration is wrong")
    }

    fileprivate static var noChecksumInForms: RequestError {
        invalidFields(
            [Detail(place: "checksum", message: "A form can't be held to a checksum; leave it out.")], status: 400)
    }

    /// The violations under the names that the client used.
    static func refusedUpload(_ violations: PolicyViolations) -> RequestError {
        let details = violations.all.map { violation in
            let isMissing = violation.message == "Required condition is missing"
            return Detail(
                place: field(of: violation.place),
                message: isMissing ? "This field is required." : violation.message)
        }
        return invalidFields(details, status: violations.areAllOfPermission ? 403 : 400)
    }

    private static func field(of place: PolicyViolation.Place) -> ByteString {
        switch place {
        case .condition("Content-Type"): "type"
        case .condition("content-length-range"): "size"
        case .condition("x-amz-algorithm"): "signatureVersion"
        case .condition("x-amz-checksum-sha256"): "checksum"
        case .condition(let element) where element.begins(with: "x-amz-meta-"):
            ByteString("metadata[".utf8 + element.bytes.dropFirst(11) + "]".utf8)
        case .condition(let element): element
        case .conditions: "key"
        case .expiration: "expires"
        }
    }
}
