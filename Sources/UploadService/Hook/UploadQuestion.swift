internal import FastCGI
internal import S3Authorization
internal import S3Client

/// One upload that somebody wants to make, put to the site before anything is signed.
struct UploadQuestion {
    /// Whether a client may send what it did not declare: to a URL it may, with a form it may not.
    enum Undeclared { case impossible, open }

    let key: ByteString
    var type: ByteString?
    /// Bytes: what was declared, or the most that a form allows.
    var size: UInt64?
    var name: ByteString?
    let undeclared: Undeclared

    /// The profile's rules as the site narrows them for this one upload; nil where it does not want to be asked.
    ///
    /// Ask only about what keeps the rules, and check it against the narrowed ones again.
    func narrowed(
        _ profile: Site.Profile, for identity: Identity, _ inquiry: Inquiry, _ surroundings: Surroundings,
        _ account: inout Account
    ) throws(RequestError) -> UploadRules? {
        guard let site = inquiry.site.hook, site.asksFirst else { return nil }
        let question = HookQuestion(
            site: site, headers: site.forwardedHeaders.fields(of: inquiry.request.parameters),
            surroundings: surroundings)
        let terms = try site.permits.run { () throws(RequestError) in
            try question.ask(
                .signing, id: ByteString("sign_\(Hexadecimal.encode(surroundings.random(16)))"),
                data: data(profile, identity),
                until: Deadline(milliseconds: site.deadline, after: surroundings.stopwatch()), &account)
        }
        guard let terms else { throw .busy }
        try check(terms)
        var rules = profile.rules
        rules.ceiling = terms.maximumSize
        return rules
    }

    private func data(_ profile: Site.Profile, _ identity: Identity) -> ByteString {
        var writer = JSONWriter()
        writer.beginObject()
        // As completion spells the user.
        let user = ByteString(identity.prefix.text.bytes.dropLast())
        for (name, value) in [
            ("user", user), ("profile", profile.name), ("key", key), ("type", type), ("name", name),
        ] as [(StaticString, ByteString?)] {
            guard let value else { continue }
            writer.name(name)
            writer.string(value)
        }
        writer.name("size")
        writer.number(min(size ?? .max, profile.rules.maximumSize))
        writer.endObject()
        return ByteString(writer.bytes)
    }

    private func check(_ terms: HookTerms) throws(RequestError) {
        if let type, let contentType = ContentType(type), !terms.allows(contentType) {
            throw .typeNotPermittedBySite(type)
        }
        guard undeclared == .open else { return }
        var missing: [ByteString] = []
        if type == nil, terms.types != nil { missing.append("type") }
        if size == nil, terms.maximumSize != nil { missing.append("size") }
        guard missing.isEmpty else {
            throw .invalidFields(
                missing.map { RequestError.Detail(place: $0, message: "This field is required.") }, status: 400)
        }
    }
}
