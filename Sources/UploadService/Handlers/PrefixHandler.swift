internal import FastCGI
internal import S3Authorization

/// `GET prefix`: all that a page needs to configure its uploader, and the cookies that go with it.
///
/// With `credentials` in the query also a key of its own; never without, because most pages need none.
struct PrefixHandler {
    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let profile = try inquiry.profile(&account)
        let (identity, cookies) = try identity(&account)
        let credentials = try inquiry.uploadCredentials()
        let lent =
            inquiry.asksForCredentials ? try inquiry.lend(to: identity, profile, surroundings, &account) : nil
        return answer(body(profile, identity.prefix, credentials, lent), identity.prefix, cookies: cookies)
    }

    /// Whoever asks, and the cookies that give a new browser its prefix.
    private func identity(_ account: inout Account) throws(RequestError) -> (Identity, [String]) {
        do throws(RequestError) {
            let identity = try inquiry.identity(&account)
            return (identity, [])
        } catch {
            if let anonymous = inquiry.site.anonymous, error == .loginRequired {
                let issued = anonymous.issue(random: surroundings.random(16), isSecure: inquiry.isSecure)
                return (Identity(anonymous: issued.prefix), [issued.setCookie])
            }
            var error = error
            if let name = inquiry.site.prefixCookie {
                error.headers.append(.init("Set-Cookie", "\(name)=; Path=/; Max-Age=0; SameSite=Lax"))
            }
            throw error
        }
    }

    private func answer(_ body: [UInt8], _ prefix: KeyPrefix, cookies: [String]) -> Response {
        var headers = cookies.map { Response.Header("Set-Cookie", $0) }
        if let name = inquiry.site.prefixCookie {
            let value = PercentEncoding.encode(prefix.text)
            let attributes = "; Path=/; SameSite=Lax" + (inquiry.isSecure ? "; Secure" : "")
            headers.append(.init("Set-Cookie", "\(name)=\(value)\(attributes)"))
        }
        return Answers.json(body, headers: headers)
    }

    private func body(
        _ profile: Site.Profile, _ prefix: KeyPrefix, _ credentials: Credentials, _ lent: Credentials?
    ) -> [UInt8] {
        let site = inquiry.site
        let rules = profile.rules
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("prefix")
        writer.string(prefix.text)
        writer.name("bucket")
        writer.string(rules.bucket)
        writer.name("accessKey")
        writer.string(credentials.accessKeyID)
        writer.name("region")
        writer.string(rules.region)
        writer.name("endpoint")
        writer.string(site.endpoint.url(bucket: rules.bucket, addressing: site.addressing))
        writer.name("maxSize")
        writer.number(rules.maximumSize)
        writer.name("acl")
        writer.string(rules.acl ?? "")
        writer.name("signatureVersions")
        writer.beginArray()
        for version in rules.signatureVersions.map(\.rawValue).sorted() {
            writer.number(version)
        }
        writer.endArray()
        writer.name("now")
        writer.number(surroundings.now())
        if let lent {
            writer.name("credentials")
            writer.beginObject()
            writer.write(lent, as: ["accessKey", "secretKey", "sessionToken", "expiration"])
            writer.endObject()
        }
        writer.endObject()
        return writer.bytes
    }
}
