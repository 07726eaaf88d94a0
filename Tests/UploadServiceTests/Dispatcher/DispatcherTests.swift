import FastCGI
import Foundation
import Testing

@testable import S3Authorization
@testable import UploadService

/// A policy that the test site signs, at the test's time.
func goodPolicy(key: String = "frodo/cat.png", _ more: String = "") -> [UInt8] {
    Array(#"{"conditions":[{"acl":"private"},{"bucket":"uploads"},{"key":"\#(key)"}\#(more)]}"#.utf8)
}

/// Every URL and every refusal: status, body and headers.
struct DispatcherTests {
    static let common = ["application/json", "no-store", "nosniff"]

    func answer(_ request: Request, _ change: (inout Site) -> Void = { _ in }) throws -> Response {
        Dispatcher(site: try .make(change), surroundings: .fixed()).respond(to: request)
    }

    /// The one error body, under the headers that all answers have.
    static func expectError(_ response: Response, _ status: Int, _ code: String, _ message: String? = nil) {
        #expect(response.status == status, "\(response.text)")
        #expect(response.json["code"] as? String == code)
        #expect(response.json["invalid"] as? Bool == true && response.json["success"] as? Bool == false)
        #expect(response.json["error"] as? String == response.json["message"] as? String)
        if let message { #expect(response.json["error"] as? String == message) }
        #expect(response.json["policy"] == nil && response.json["signature"] == nil)
        #expect(["Content-Type", "Cache-Control", "X-Content-Type-Options"].map(response.header) == common)
        #expect((try? JSONReader.whole(response.body)) != nil)
    }

    @Test(arguments: ["presign", "upload_uri", "s3/presign"])
    func jsonThatIsNoObject(path: String) throws {
        for body in ["[]", "5", " null ", #"[{"filename":"a"}]"#, #""text""#] {
            let response = try answer(.make("POST", "/upload/\(path)", body: Array(body.utf8)))
            Self.expectError(response, 400, "malformed_json", "The body should be a JSON object")
        }
        for body in ["[", "5 5", "", "[{\"a\":1,\"a\":2}]"] where path != "upload_uri" || !body.isEmpty {
            let response = try answer(.make("POST", "/upload/\(path)", body: Array(body.utf8)))
            Self.expectError(response, 400, "malformed_json")
            #expect((response.json["error"] as? String)?.hasPrefix("Malformed JSON: ") == true)
        }
    }

    @Test func signs() throws {
        let response = try answer(.make(body: goodPolicy()))
        #expect(response.status == 200)
        #expect(["Content-Type", "Cache-Control", "X-Content-Type-Options"].map(response.header) == Self.common)
        #expect(Set(response.json.keys) == ["policy", "signature", "policy_decoded"])
        let policy = try #require(Data(base64Encoded: response.json["policy"] as? String ?? ""))
        let text = String(decoding: policy, as: UTF8.self)
        #expect(text.hasPrefix(#"{"expiration":"2026-11-22T12:39:56Z","conditions":[{"acl":"private"}"#))
        #expect(response.text.hasSuffix(#""policy_decoded":\#(text)}"#))
        #expect(response.header("Vary") == nil && response.header("Access-Control-Allow-Origin") == nil)
    }

    @Test func refusesWithEveryReason() throws {
        let body = Array(
            #"{"conditions":[{"acl":"public-read"},{"bucket":"uploads"},{"key":"sam/\u0000"},{"é":1},{"é":2}]}"#.utf8)
        let response = try answer(.make(body: body))
        Self.expectError(response, 400, "invalid_policy")
        let errors = try #require(response.json["errors"] as? [String: [String]])
        #expect(errors["conditions.acl"] == ["ACL should be 'private'"])
        #expect(errors["conditions.key"] == ["Key should start with 'frodo/'"])
        #expect(errors["conditions.é"] == ["Invalid element name", "Duplicate element name", "Invalid element name"])
        #expect((response.json["error"] as? String)?.hasPrefix("conditions.acl: ACL should be 'private'; ") == true)
        #expect((response.json["error"] as? String)?.hasSuffix("; and 1 more") == true)
    }

    @Test func permissions() throws {
        let response = try answer(.make(body: goodPolicy(key: "sam/cat.png")))
        Self.expectError(response, 403, "not_permitted", "Key should start with 'frodo/'")
        #expect(
            response.json["errors"] as? [String: [String]] == ["conditions.key": ["Key should start with 'frodo/'"]])
        let several = try answer(.make(body: goodPolicy(key: "sam/cat.png"))) { $0.rules.rules.bucket = "other" }
        Self.expectError(several, 403, "not_permitted")
    }

    @Test(arguments: [
        ("", "Malformed JSON: the JSON text ends too early"),
        ("{\"a\":1,\"a\":2}", "Malformed JSON: a JSON object has the same member twice, at byte 7"),
        ("key=frodo%2Fa", "Malformed JSON: unexpected character in the JSON text at byte 0"),
        ("{}x", "Malformed JSON: there is something after the JSON value, at byte 2"),
    ])
    func malformed(body: String, message: String) throws {
        Self.expectError(try answer(.make(body: Array(body.utf8))), 400, "malformed_json", message)
    }

    /// A long name is cut in the middle of a character, and the answer is still JSON.
    @Test func answersAreUTF8() throws {
        let name = String(repeating: "a", count: 79) + "éé"
        let response = try answer(.make(body: goodPolicy(key: "frodo/a", ",{\"\(name)\":\"x\"}")))
        Self.expectError(response, 400, "invalid_policy")
        #expect(String(validating: response.body, as: UTF8.self) != nil)
    }

    @Test(arguments: [
        "/upload", "/upload/", "/upload/sign/", "/upload/signs", "/upload/Sign", "/sign", "/", "", "/upload//sign",
        "/uploadsign",
    ])
    func notFound(path: String) throws {
        Self.expectError(try answer(.make("POST", path)), 404, "not_found", "There is nothing at this URL")
        Self.expectError(try answer(.make("OPTIONS", path)), 404, "not_found")
    }

    @Test(arguments: [
        ("GET", "sign", "POST, OPTIONS"), ("HEAD", "sign", "POST, OPTIONS"), ("PUT", "sign", "POST, OPTIONS"),
        ("DELETE", "sign", "POST, OPTIONS"), ("TRACE", "sign", "POST, OPTIONS"), ("post", "sign", "POST, OPTIONS"),
        ("POST", "prefix", "GET, HEAD, OPTIONS"), ("POST", "health", "GET, HEAD, OPTIONS"),
        ("PUT", "empty_html", "GET, HEAD, OPTIONS"),
    ])
    func methods(method: String, name: String, allowed: String) throws {
        let response = try answer(.make(method, "/upload/\(name)"))
        #expect(response.status == 405 && response.header("Allow") == allowed)
        if method == "HEAD" {
            #expect(response.body.isEmpty)
        } else {
            Self.expectError(response, 405, "method_not_allowed", "This URL takes \(allowed)")
        }
    }

    @Test(arguments: [
        "", "text/html", "application/x-www-form-urlencoded", "text/plain", "application/jsonx", "multipart/form-data",
        "application/json charset=utf-8", "application/json , text/plain", "application/json\n",
        "application/json,text/plain",
    ])
    func mediaTypes(type: String) throws {
        let response = try answer(.make(body: goodPolicy(), ["CONTENT_TYPE": type]))
        Self.expectError(
            response, 415, "unsupported_media_type", "The request should have Content-Type: application/json")
    }

    @Test(arguments: [
        "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=UTF-8",
        "application/json \t; charset=utf-8", "application/json\t;x=y",
    ])
    func jsonTypes(type: String) throws {
        #expect(try answer(.make(body: goodPolicy(), ["CONTENT_TYPE": type])).status == 200)
    }

    @Test func bodiesTooLarge() throws {
        let dispatcher = Dispatcher(site: try .make(), surroundings: .fixed())
        let refusal = dispatcher.respond(to: .bodyTooLarge(limit: 65_536), Request.make().parameters)
        Self.expectError(refusal, 413, "body_too_large", "The request body should have at most 65536 bytes")
        var body = goodPolicy()
        body += Array(repeating: 0x20, count: 100 - body.count)
        #expect(try answer(.make(body: body)) { $0.rules.bodyLimit = 100 }.status == 200)
        Self.expectError(
            try answer(.make(body: body)) { $0.rules.bodyLimit = 99 }, 413, "body_too_large",
            "The request body should have at most 99 bytes")
    }

    @Test(arguments: [
        (Refusal.timedOut, 408, "request_timeout"), (.lengthRequired, 411, "bad_request"),
        (.malformed(.contentLength), 400, "bad_request"), (.parametersTooLarge(limit: 9), 431, "bad_request"),
    ])
    func refusals(refusal: Refusal, status: Int, code: String) throws {
        let dispatcher = Dispatcher(site: try .make(), surroundings: .fixed())
        Self.expectError(dispatcher.respond(to: refusal, nil), status, code)
        Self.expectError(dispatcher.respond(to: refusal, Request.make().parameters), status, code)
    }

    @Test func identity() throws {
        Self.expectError(
            try answer(.make(user: nil, body: goodPolicy())), 403, "login_required", "Log in before uploading")
        // Only the one trusted parameter says who it is.
        for name in ["HTTP_REMOTE_USER", "HTTP_X_FORWARDED_USER", "HTTP_AUTHORIZATION", "AUTH_USER", "remote_user"] {
            let request = Request.make(user: nil, body: goodPolicy(), [name: "frodo"])
            Self.expectError(try answer(request), 403, "login_required")
        }
        let other = Request.make(user: "sam", body: goodPolicy(), ["OIDC_CLAIM_sub": "frodo"])
        #expect(try answer(other) { $0.identityParameter = "OIDC_CLAIM_sub" }.status == 200)
    }

    @Test(arguments: [
        (".", "is a dot segment"), ("..", "is a dot segment"), ("a\u{1}b", "has a control character"),
        (String(repeating: "a", count: 257), "has more than 256 bytes"),
    ])
    func unusableNames(user: String, problem: String) throws {
        let message = "This user name can't have uploads of its own: it \(problem)"
        Self.expectError(try answer(.make(user: user, body: goodPolicy())), 403, "unusable_user_name", message)
        Self.expectError(try answer(.make("GET", "/upload/prefix", user: user)), 403, "unusable_user_name", message)
    }

    @Test func profiles() throws {
        func profile(_ name: String) throws -> Response {
            try answer(
                .make(
                    body: goodPolicy(key: "frodo/a", #",{"Content-Type":"text/html"}"#), ["COUNTERSIGN_PROFILE": name])
            ) { site in
                var rules = UploadRules.make { $0.maximumSize = 7 }
                rules.contentTypes = ["image/*"].compactMap(ContentTypePattern.init)
                site.profiles["avatars"] = Site.Profile(name: "avatars", rules: rules)
            }
        }
        #expect(try profile("").status == 200)
        #expect(try profile("default").status == 200)
        Self.expectError(
            try profile("avatars"), 400, "invalid_policy", "Content-Type 'text/html' is not allowed; allowed: image/*")
        Self.expectError(
            try profile("films"), 500, "unknown_profile",
            "The web server asks for the profile 'films', which is not configured")
        let prefix = try answer(.make("GET", "/upload/prefix", ["COUNTERSIGN_PROFILE": "films"]))
        Self.expectError(prefix, 500, "unknown_profile")
    }

    @Test(arguments: ["v4=true", "x=1&v4=true", "v4", "v4=", "v4=1&x"]) func version4Asked(query: String) throws {
        let response = try answer(.make(body: goodPolicy(), ["QUERY_STRING": query]))
        Self.expectError(response, 400, "invalid_policy")
        #expect(
            (response.json["errors"] as? [String: Any])?.keys.sorted() == [
                "conditions.x-amz-algorithm", "conditions.x-amz-credential", "conditions.x-amz-date",
            ])
    }

    @Test(arguments: ["xv4=true", "v=4", "v44=true", ""]) func version4NotAsked(query: String) throws {
        #expect(try answer(.make(body: goodPolicy(), ["QUERY_STRING": query])).status == 200)
    }

    @Test(arguments: ["", "bucket=b&key=k&etag=%22e%22", "<script>"]) func emptyPage(query: String) throws {
        for (method, user) in [("GET", nil), ("GET", "frodo"), ("HEAD", nil)] as [(String, String?)] {
            let response = try answer(
                .make(
                    method, "/upload/empty_html", user: user,
                    ["QUERY_STRING": query, "HTTP_SEC_FETCH_SITE": "cross-site"]))
            #expect(response.status == 200 && response.body.isEmpty)
            #expect(response.header("Content-Type") == "text/html; charset=utf-8")
            #expect(response.header("Cache-Control") == "public, max-age=86400")
            #expect(response.header("X-Frame-Options") == "SAMEORIGIN")
            #expect(response.header("Content-Security-Policy") == "frame-ancestors 'self'")
            #expect(response.header("Set-Cookie") == nil)
        }
    }

    @Test func health() throws {
        let response = try answer(.make("GET", "/upload/health", user: nil))
        #expect(response.status == 200 && response.text == #"{"status":"ok"}"#)
        #expect(try answer(.make("HEAD", "/upload/health", user: nil)).body.isEmpty)
    }
}

extension JSONReader {
    static func whole(_ text: [UInt8]) throws(JSONError) {
        var reader = JSONReader(text)
        try reader.readValue()
        try reader.end()
    }
}
