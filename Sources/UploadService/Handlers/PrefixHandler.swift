internal import FastCGI
internal import S3Authorization

/// `GET prefix`: all that a page needs to configure its uploader, and the cookies that go with it.
struct PrefixHandler {
    private let inquiry: Inquiry
    private let surroundings: Surroundings

    init(_ inquiry: Inquiry, _ surroundings: Surroundings) {
        self.inquiry = inquiry
        self.surroundings = surroundings
    }

    func respond(_ account: inout Account) throws(RequestError) -> Response {
        let profile = try inquiry.profile()
        account.profile = profile.name
        let (prefix, cookies) = try prefix(&account)
        return answer(profile, prefix, try inquiry.uploadCredentials(), cookies: cookies)
    }

    /// The prefix of whoever asks, and the cookies that give it to a new browser.
    private func prefix(_ account: inout Account) throws(RequestError) -> (KeyPrefix, [String]) {
        do throws(RequestError) {
            let identity = try inquiry.identity()
            account.user = identity.name
            return (identity.prefix, [])
        } catch {
            if let anonymous = inquiry.site.anonymous, error == .loginRequired {
                let issued = anonymous.issue(random: surroundings.random(16), isSecure: inquiry.isSecure)
                return (issued.prefix, [issued.setCookie])
            }
            var error = error
            if let name = inquiry.site.prefixCookie {
                error.headers.append(.init("Set-Cookie", "\(name)=; Path=/; Max-Age=0; SameSite=Lax"))
            }
            throw error
        }
    }

    private func answer(
        _ profile: Site.Profile, _ prefix: KeyPrefix, _ credentials: Credentials, cookies: [String]
    ) -> Response {
        var headers = cookies.map { Response.Header("Set-Cookie", $0) }
        if let name = inquiry.site.prefixCookie {
            let value = PercentEncoding.encode(prefix.text)
            let attributes = "; Path=/; SameSite=Lax" + (inquiry.isSecure ? "; Secure" : "")
            headers.append(.init("Set-Cookie", "\(name)=\(value)\(attributes)"))
        }
        return Answers.json(body(profile, prefix, credentials), headers: headers)
    }

    private func body(_ profile: Site.Profile, _ prefix: KeyPrefix, _ credentials: Credentials) -> [UInt8] {
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
        writer.endObject()
        return writer.bytes
    }
}
