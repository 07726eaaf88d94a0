import FastCGI
import Testing

@testable import S3Authorization
@testable import UploadService

/// `GET prefix`, its cookies, and the anonymous users they tell apart.
struct PrefixTests {
    private func answer(
        _ method: String = "GET", user: String? = "frodo", _ parameters: [String: String] = [:],
        _ change: (inout Site) -> Void = { $0.prefixCookie = "upload_prefix" }
    ) throws -> Response {
        let request = Request.make(method, "/upload/prefix", user: user, parameters)
        return Dispatcher(site: try .make(change), surroundings: .fixed()).respond(to: request)
    }

    private func answer(
        _ parameters: [String: String], _ change: (inout Site) -> Void = { $0.prefixCookie = "upload_prefix" }
    ) throws -> Response {
        try answer("GET", parameters, change)
    }

    private func cookies(_ response: Response) -> [String] {
        response.headers.filter { $0.name == "Set-Cookie" }.map(\.value)
    }

    @Test func members() throws {
        let response = try answer()
        #expect(
            response.text == #"{"prefix":"frodo/","bucket":"uploads","accessKey":"AKIDEXAMPLE","region":"us-east-1","#
                + #""endpoint":"https://uploads.s3.us-east-1.amazonaws.com/","maxSize":5368709120,"acl":"private","#
                + #""signatureVersions":[2,4],"now":1795350896789}"#)
        #expect(response.header("Cache-Control") == "no-store")
        let head = try answer("HEAD")
        #expect(head.body.isEmpty && cookies(head) == cookies(response))
    }

    @Test(arguments: [
        ("frodo", "frodo/", "frodo%2F"), ("jürgen", "j%C3%BCrgen/", "j%25C3%25BCrgen%2F"), ("a+b", "a+b/", "a%2Bb%2F"),
        ("o'neil", "o%27neil/", "o%2527neil%2F"), ("DOM\\user", "DOM%5Cuser/", "DOM%255Cuser%2F"),
        ("a;b", "a%3Bb/", "a%253Bb%2F"),
    ])
    func cookieOfUsers(user: String, prefix: String, cookie: String) throws {
        let response = try answer(user: user)
        #expect(response.json["prefix"] as? String == prefix)
        #expect(cookies(response) == ["upload_prefix=\(cookie); Path=/; SameSite=Lax; Secure"])
        #expect(
            cookies(try answer(user: user, ["REQUEST_SCHEME": "http"])) == [
                "upload_prefix=\(cookie); Path=/; SameSite=Lax"
            ])
        // What the page was told is what may be signed.
        let request = Request.make(user: user, body: goodPolicy(key: prefix + "x"))
        #expect(Dispatcher(site: try .make(), surroundings: .fixed()).respond(to: request).status == 200)
    }

    @Test(arguments: [
        (["REQUEST_SCHEME": "", "HTTPS": "on"], true), (["REQUEST_SCHEME": "", "HTTPS": "off"], false),
        (["REQUEST_SCHEME": "", "HTTPS": "OFF"], false), (["REQUEST_SCHEME": "", "HTTPS": ""], false),
        (["REQUEST_SCHEME": "http", "HTTPS": "on"], false), (["HTTP_X_FORWARDED_PROTO": "http"], true),
    ])
    func secure(parameters: [String: String], isSecure: Bool) throws {
        #expect(cookies(try answer(parameters)).first?.hasSuffix("; Secure") == isSecure)
        let configured = try answer(parameters) { site in
            site.prefixCookie = "p"
            site.url = HTTPURL(isSecure ? "http://a" : "https://a")
        }
        #expect(cookies(configured).first?.hasSuffix("; Secure") == !isSecure)
    }

    @Test func withoutIdentity() throws {
        let response = try answer(user: nil)
        DispatcherTests.expectError(response, 403, "login_required", "Log in before uploading")
        #expect(cookies(response) == ["upload_prefix=; Path=/; Max-Age=0; SameSite=Lax"])
        #expect(cookies(try answer(user: "..")).first?.contains("Max-Age=0") == true)
        #expect(cookies(try answer(user: nil) { _ in }).isEmpty)
        #expect(cookies(try answer { _ in }).isEmpty)
    }

    private static let value = "000102030405060708090a0b0c0d0e0f"

    private func anonymous(_ site: inout Site) {
        site.anonymous = AnonymousCookie(secret: Secret("server secret"))
    }

    private func issued(_ parameters: [String: String] = [:]) throws -> String {
        let cookie = try #require(cookies(try answer(user: nil, parameters, anonymous)).first)
        return String(cookie.prefix { $0 != ";" })
    }

    private func sign(_ cookie: String, secret: String = "server secret", scheme: String = "https", key: String? = nil)
        throws -> Response
    {
        let site = try Site.make { $0.anonymous = AnonymousCookie(secret: Secret(secret)) }
        let body = goodPolicy(key: key ?? "~\(Self.value)/cat.png")
        let request = Request.make(user: nil, body: body, ["HTTP_COOKIE": cookie, "REQUEST_SCHEME": scheme])
        return Dispatcher(site: site, surroundings: .fixed()).respond(to: request)
    }

    @Test func anonymousCookies() throws {
        let response = try answer(user: nil) { site in
            self.anonymous(&site)
            site.prefixCookie = "upload_prefix"
        }
        #expect(response.json["prefix"] as? String == "~\(Self.value)/")
        let set = cookies(response)
        #expect(set.count == 2 && set[1] == "upload_prefix=~\(Self.value)%2F; Path=/; SameSite=Lax; Secure")
        #expect(set[0].hasPrefix("__Host-countersign=\(Self.value)."))
        #expect(set[0].hasSuffix("; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure"))
        let plain = try #require(cookies(try answer(user: nil, ["REQUEST_SCHEME": "http"], anonymous)).first)
        #expect(plain.hasPrefix("countersign=") && plain.hasSuffix("; HttpOnly; SameSite=Lax"))
    }

    @Test func accepted() throws {
        let cookie = try issued()
        #expect(try sign(cookie).status == 200)
        #expect(try sign("a=b; \(cookie); c=d").status == 200)
        #expect(try sign("\(cookie); \(cookie)").status == 200)
        #expect(try sign("\(cookie); __Host-countersign=forged.00").status == 200)
        #expect(try sign(cookie, key: "frodo/a").status == 403)
        // Asked again, the browser keeps its prefix and gets no new cookie.
        let again = try answer(user: nil, ["HTTP_COOKIE": cookie], anonymous)
        #expect(again.json["prefix"] as? String == "~\(Self.value)/" && cookies(again).isEmpty)
        // A user is a user, whatever cookie there is.
        #expect(try answer(user: "frodo", ["HTTP_COOKIE": cookie], anonymous).json["prefix"] as? String == "frodo/")
    }

    @Test func secretsAreChanged() throws {
        let cookie = try issued()
        let rotated = try #require(AnonymousCookie(secrets: [Secret("new secret"), Secret("server secret")]))
        let site = try Site.make { $0.anonymous = rotated }
        let request = Request.make(
            user: nil, body: goodPolicy(key: "~\(Self.value)/cat.png"),
            ["HTTP_COOKIE": cookie, "REQUEST_SCHEME": "https"])
        #expect(Dispatcher(site: site, surroundings: .fixed()).respond(to: request).status == 200)
        // What is new is signed with the first.
        let new = String(rotated.issue(random: Array(0..<16), isSecure: true).setCookie.prefix { $0 != ";" })
        #expect(try sign(new, secret: "new secret").status == 200)
        #expect(try sign(new).status == 403)
        #expect(AnonymousCookie(secrets: []) == nil)
    }

    @Test func refused() throws {
        let cookie = try issued()
        let login = { (response: Response) in DispatcherTests.expectError(response, 403, "login_required") }
        login(try sign(""))
        login(try sign(cookie, secret: "other secret"))
        login(try sign(String(cookie.dropLast()) + (cookie.hasSuffix("0") ? "1" : "0")))
        login(try sign(String(cookie.dropLast(2))))
        login(try sign(cookie + "00"))
        login(try sign(cookie.replacing("=00", with: "=01")))
        login(try sign("__Host-countersign=.", key: "~/a"))
        login(try sign("__Host-countersign=\(Self.value)"))
        // The name over http is another, and one without __Host- can be planted by a sibling domain.
        login(try sign(cookie, scheme: "http"))
        login(try sign(cookie.replacing("__Host-", with: "")))
        login(try sign(cookie.replacing("__Host-countersign", with: "__host-countersign")))
        // Two valid ones: nobody can say which browser this is.
        let other = AnonymousCookie(secret: Secret("server secret"))
            .issue(random: Array(repeating: 7, count: 16), isSecure: true).setCookie.prefix { $0 != ";" }
        login(try sign("\(cookie); \(other)"))
        login(try sign("\(cookie); \(other); \(cookie)"))
        #expect(!cookies(try answer(user: nil, ["HTTP_COOKIE": "\(cookie); \(other)"], anonymous)).isEmpty)
    }
}
