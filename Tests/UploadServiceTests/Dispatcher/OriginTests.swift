import FastCGI
import Testing

@testable import S3Authorization
@testable import UploadService

/// Who may call us from where, and what their browsers are told.
struct OriginTests {
    private func answer(
        _ method: String = "POST", _ path: String = "/upload/sign", user: String? = "frodo",
        _ parameters: [String: String],
        _ change: (inout Site) -> Void = { _ in }
    ) throws -> Response {
        let request = Request.make(method, path, user: user, body: goodPolicy(), parameters)
        return Dispatcher(site: try .make(change), surroundings: .fixed()).respond(to: request)
    }

    private func answer(
        _ parameters: [String: String], _ change: (inout Site) -> Void = { _ in }
    ) throws -> Response {
        try answer("POST", "/upload/sign", parameters, change)
    }

    private func allowing(_ site: inout Site) {
        site.origins = ["https://app.example.org", "http://localhost:3000"].compactMap { HTTPURL($0) }
    }

    static let origins: [(String, String, Int)] = [
        ("", "", 200), ("https://www.example.org", "", 200), ("http://www.example.org", "", 200),
        ("https://www.example.org:443", "", 200), ("https://WWW.EXAMPLE.ORG", "", 200),
        ("https://www.example.org:8443", "", 403), ("https://evil.org", "", 403),
        ("https://www.example.org.evil.org", "", 403),
        ("https://evil.org/www.example.org", "", 403), ("https://example.org", "", 403), ("null", "", 403),
        ("garbage", "", 403),
        ("https://www.example.org/x", "", 403), ("https://www.example.org?x", "", 403),
        ("https://a@www.example.org", "", 403),
        ("", "same-origin", 200), ("", "none", 200), ("", "same-site", 403), ("", "cross-site", 403),
        ("", "other", 403),
        ("", "Same-Origin", 403), ("null", "same-origin", 200), ("https://www.example.org", "cross-site", 403),
        ("https://www.example.org", "same-site", 403), ("https://www.example.org", "same-origin", 200),
    ]

    @Test(arguments: origins)
    func matrix(origin: String, site: String, status: Int) throws {
        let response = try answer(["HTTP_ORIGIN": origin, "HTTP_SEC_FETCH_SITE": site])
        #expect(response.status == status, "\(response.text)")
        #expect(response.header("Access-Control-Allow-Origin") == nil)
        if status == 403 {
            DispatcherTests.expectError(response, 403, "foreign_origin", "Pages of another site may not do this")
        }
    }

    /// Behind a TLS terminator Host and scheme say what they like; the configuration knows.
    @Test(arguments: [
        ("https://www.example.org", 200), ("http://www.example.org", 403), ("https://backend:8080", 403),
        ("http://backend:8080", 403), ("https://www.example.org:444", 403),
    ])
    func configuredURL(origin: String, status: Int) throws {
        let response = try answer(["HTTP_ORIGIN": origin, "HTTP_HOST": "backend:8080", "REQUEST_SCHEME": "http"]) {
            $0.url = HTTPURL("https://www.example.org")
        }
        #expect(response.status == status)
    }

    @Test(arguments: ["https://app.example.org", "http://localhost:3000"], [200, 400, 403, 404, 405, 415])
    func allowedOrigins(origin: String, status: Int) throws {
        var parameters = ["HTTP_ORIGIN": origin, "HTTP_SEC_FETCH_SITE": "cross-site"]
        if status == 415 { parameters["CONTENT_TYPE"] = "text/html" }
        if status == 400 { parameters["QUERY_STRING"] = "v4=true" }
        let response = try answer(
            status == 405 ? "PUT" : "POST", status == 404 ? "/upload/x" : "/upload/sign",
            user: status == 403 ? nil : "frodo",
            parameters, allowing)
        #expect(response.status == status)
        #expect(response.header("Access-Control-Allow-Origin") == origin)
        #expect(response.header("Access-Control-Allow-Credentials") == "true")
        #expect(response.header("Vary") == "Origin")
    }

    @Test(arguments: [
        "https://evil.org", "https://app.example.org.evil.org", "http://app.example.org", "https://app.example.org:444",
        "https://sub.app.example.org", "null", "https://app.example.org/x", "*", "http://localhost",
    ])
    func strangers(origin: String) throws {
        let response = try answer(["HTTP_ORIGIN": origin], allowing)
        DispatcherTests.expectError(response, 403, "foreign_origin")
        for response in [response, try answer("OPTIONS", user: nil, ["HTTP_ORIGIN": origin], allowing)] {
            #expect(response.header("Access-Control-Allow-Origin") == nil)
            #expect(response.header("Access-Control-Allow-Credentials") == nil)
            #expect(response.header("Vary") == "Origin")
        }
    }

    @Test func ourselvesAndNobody() throws {
        for origin in ["", "https://www.example.org"] {
            let response = try answer(["HTTP_ORIGIN": origin], allowing)
            #expect(response.status == 200 && response.header("Vary") == "Origin")
            #expect(response.header("Access-Control-Allow-Origin") == nil)
        }
    }

    /// A refusal before any handler tells the browser too.
    @Test func refusalsAreReadable() throws {
        let dispatcher = Dispatcher(site: try .make { self.allowing(&$0) }, surroundings: .fixed())
        let request = Request.make(body: [], ["HTTP_ORIGIN": "https://app.example.org"])
        let response = dispatcher.respond(to: .bodyTooLarge(limit: 5), request.parameters)
        #expect(response.status == 413 && response.header("Access-Control-Allow-Origin") == "https://app.example.org")
    }

    @Test(arguments: [
        ("sign", "POST, OPTIONS"), ("empty_html", "GET, HEAD, OPTIONS"), ("prefix", "GET, HEAD, OPTIONS"),
        ("health", "GET, HEAD, OPTIONS"),
    ])
    func preflights(name: String, methods: String) throws {
        let parameters = [
            "HTTP_ORIGIN": "https://app.example.org", "HTTP_SEC_FETCH_SITE": "cross-site", "CONTENT_TYPE": "",
            "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "POST", "HTTP_ACCESS_CONTROL_REQUEST_HEADERS": "content-type,x-mine",
        ]
        let response = try answer("OPTIONS", "/upload/\(name)", user: nil, parameters, allowing)
        #expect(response.status == 204 && response.body.isEmpty)
        #expect(response.header("Allow") == methods && response.header("Access-Control-Allow-Methods") == methods)
        #expect(response.header("Access-Control-Allow-Origin") == "https://app.example.org")
        let headers = response.header("Access-Control-Allow-Headers") ?? ""
        for header in ["Content-Type", "Cache-Control", "X-Requested-With", "X-CSRFToken", "x-mine"] {
            #expect(headers.contains(header))
        }
        #expect(response.header("Access-Control-Max-Age") == "600")
    }

    @Test(arguments: ["x\r\nSet-Cookie: a=b", "*", "x;y", "é"]) func oddRequestedHeadersAreNotEchoed(value: String)
        throws
    {
        let response = try answer("OPTIONS", user: nil, ["HTTP_ACCESS_CONTROL_REQUEST_HEADERS": value])
        #expect(response.status == 204 && response.header("Access-Control-Allow-Headers")?.contains(value) == false)
    }

    /// Internet Explorer's XDomainRequest: no content type, no status that it could read.
    @Test(arguments: ["", "text/plain", "text/plain;charset=UTF-8"]) func xDomainRequests(type: String) throws {
        let parameters = ["HTTP_ORIGIN": "https://app.example.org", "CONTENT_TYPE": type]
        #expect(try answer(parameters, allowing).json["signature"] != nil)
        for (user, query) in [(nil, ""), ("sam", ""), ("frodo", "v4=true")] as [(String?, String)] {
            var parameters = parameters
            parameters["QUERY_STRING"] = query
            let response = try answer(user: user, parameters, allowing)
            DispatcherTests.expectError(
                response, 200, user == nil ? "login_required" : query.isEmpty ? "not_permitted" : "invalid_policy")
            #expect(response.header("Access-Control-Allow-Origin") == "https://app.example.org")
        }
        // From our own pages too, but from nobody else's.
        #expect(try answer(["HTTP_ORIGIN": "https://www.example.org", "CONTENT_TYPE": type]).json["signature"] != nil)
        let foreign = try answer(["HTTP_ORIGIN": "https://evil.org", "CONTENT_TYPE": type], allowing)
        DispatcherTests.expectError(foreign, 403, "foreign_origin")
        DispatcherTests.expectError(try answer(["CONTENT_TYPE": type], allowing), 415, "unsupported_media_type")
        let other = ["HTTP_ORIGIN": "https://www.example.org", "CONTENT_TYPE": "text/plainer"]
        DispatcherTests.expectError(try answer(other), 415, "unsupported_media_type")
        let sameSite = [
            "HTTP_SEC_FETCH_SITE": "same-site", "HTTP_ORIGIN": "https://www.example.org", "CONTENT_TYPE": type,
        ]
        DispatcherTests.expectError(try answer(sameSite), 403, "foreign_origin")
    }

    /// Any page may send text, or nothing, to these: what it sends is no XDomainRequest, and it can read a status.
    @Test(arguments: [
        ("POST", "upload_uri", 403, "login_required"), ("POST", "presign", 403, "login_required"),
        ("POST", "s3/presign", 415, "unsupported_media_type"), ("POST", "events", 404, "not_configured"),
        ("POST", "direct_uploads", 415, "unsupported_media_type"), ("POST", "prefix", 405, "method_not_allowed"),
        ("POST", "nothing", 404, "not_found"),
    ])
    func statusesAreReal(method: String, name: String, status: Int, code: String) throws {
        let parameters = ["HTTP_ORIGIN": "https://www.example.org", "CONTENT_TYPE": ""]
        let response = try answer(method, "/upload/\(name)", user: nil, parameters)
        DispatcherTests.expectError(response, status, code)
    }

    /// Drf-to-s3's 200 is for whoever completes an upload, with a method that does.
    @Test func aWrongMethodIsNotHidden() throws {
        let form = ["CONTENT_TYPE": "application/x-www-form-urlencoded"]
        DispatcherTests.expectError(try answer("POST", "/upload/file_uploaded", form), 200, "not_configured")
        DispatcherTests.expectError(try answer("GET", "/upload/file_uploaded", form), 405, "method_not_allowed")
    }

    /// A redirect to our own empty page passes, and to no other.
    @Test(arguments: [
        ("https://www.example.org/upload/empty_html", "https", 200),
        ("http://www.example.org/upload/empty_html", "https", 400),
        ("http://www.example.org/upload/empty_html", "http", 200),
        ("https://www.example.org/upload/empty_html?x=1", "http", 200),
        ("https://evil.org/upload/empty_html", "https", 400), ("https://www.example.org/upload/sign", "https", 400),
        ("https://www.example.org/upload/empty_html/x", "https", 400),
    ])
    func returnPages(redirect: String, scheme: String, status: Int) throws {
        let body = goodPolicy(key: "frodo/a", #",{"success_action_redirect":"\#(redirect)"}"#)
        let request = Request.make(body: body, ["REQUEST_SCHEME": scheme])
        let response = Dispatcher(site: try .make(), surroundings: .fixed()).respond(to: request)
        #expect(response.status == status, "\(response.text)")
    }
}
