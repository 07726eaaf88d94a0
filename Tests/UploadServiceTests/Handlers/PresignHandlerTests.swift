import FastCGI
import Foundation
import S3Authorization
import Testing

@testable import UploadService

/// Forms and URLs under keys that we choose: Shrine's, Uppy's, batches.
@Suite struct PresignHandlerTests {
    private static let key = "frodo/00010203-0405-4607-8809-0a0b0c0d0e0f/"

    private func get(
        _ query: String, _ path: String = "presign", user: String? = "frodo", rules: UploadRules = .make(),
        _ change: (inout Site) -> Void = { _ in }
    ) throws -> Response {
        try send(.make("GET", "/upload/\(path)", user: user, ["QUERY_STRING": query]), rules: rules, change)
    }

    private func post(
        _ body: String, rules: UploadRules = .make(), _ change: (inout Site) -> Void = { _ in }
    ) throws -> Response {
        try send(.make("POST", "/upload/presign", body: Array(body.utf8)), rules: rules, change)
    }

    private func send(
        _ request: Request, rules: UploadRules, _ change: (inout Site) -> Void
    ) throws -> Response {
        Dispatcher(site: try .make(rules: rules, change), surroundings: .fixed()).respond(to: request)
    }

    private func texts(_ response: Response, _ name: String) -> [String: String]? {
        response.json[name] as? [String: String]
    }

    private func policy(_ fields: [String: String]?) -> String {
        (fields?["policy"]).flatMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Shrine's shape; all that is signed is in the fields, and nothing else. The signature was computed apart.
    @Test func aForm() throws {
        let response = try get("filename=A+%C3%A9.PNG&type=image%2Fpng&size=12&metadata%5Bname%5D=A+%C3%A9.PNG")
        #expect(response.status == 200 && response.header("Cache-Control") == "no-store")
        #expect(Set(response.json.keys) == ["method", "url", "fields", "headers", "key", "expires"])
        #expect(response.json["method"] as? String == "post")
        #expect(response.json["url"] as? String == "https://uploads.s3.us-east-1.amazonaws.com/")
        #expect(response.json["key"] as? String == Self.key + "A-.PNG")
        #expect(response.json["expires"] as? Int == 300)
        #expect(texts(response, "headers") == [:])
        var fields = try #require(texts(response, "fields"))
        #expect(policy(fields).contains(#"["content-length-range",12,12]"#))
        fields["policy"] = nil
        fields["x-amz-signature"] = nil
        #expect(
            fields == [
                "acl": "private", "bucket": "uploads", "key": Self.key + "A-.PNG", "Content-Type": "image/png",
                "success_action_status": "201", "x-amz-meta-name": "=?UTF-8?B?QSDDqS5QTkc=?=",
                "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-date": "20261122T123456Z",
                "x-amz-credential": "AKIDEXAMPLE/20261122/us-east-1/s3/aws4_request",
            ])
    }

    @Test func withoutASizeTheRulesAreTheLimit() throws {
        let response = try get("", rules: .make { $0.maximumSize = 1000 })
        #expect(response.json["key"] as? String == Self.key + "file")
        #expect(policy(texts(response, "fields")).contains(#"["content-length-range",0,1000]"#))
    }

    @Test func aRedirectInPlaceOfAStatus() throws {
        let page = "https://www.example.org/upload/empty_html"
        let response = try get("success_action_redirect=\(page)")
        #expect(texts(response, "fields")?["success_action_redirect"] == page)
        #expect(texts(response, "fields")?["success_action_status"] == nil)
        let elsewhere = try get("success_action_redirect=https://elsewhere.example/")
        #expect(elsewhere.status == 400)
        #expect((elsewhere.json["errors"] as? [String: [String]])?.keys.first == "success_action_redirect")
        #expect(try texts(get("success_action_status=204"), "fields")?["success_action_status"] == "204")
    }

    @Test func aPUT() throws {
        let response = try get("filename=a.png&type=image/png&size=12&metadata[name]=a+b") {
            $0.rules.method = .put
        }
        #expect(response.json["method"] as? String == "put")
        #expect(texts(response, "fields") == [:])
        #expect(texts(response, "headers") == ["content-type": "image/png", "x-amz-meta-name": "a b"])
        let url = try #require(response.json["url"] as? String)
        #expect(url.hasPrefix("https://uploads.s3.us-east-1.amazonaws.com/\(Self.key)a.png?"))
        #expect(url.contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bx-amz-meta-name&"))
    }

    @Test(arguments: [Site.UploadMethod.post, .put])
    func moreThanOneRequestTakes(method: Site.UploadMethod) throws {
        let response = try get("size=5368709121", rules: .make { $0.maximumSize = 1 << 40 }) {
            $0.rules.method = method
        }
        #expect(response.status == 400 && response.text.contains("use multipart"))
    }

    /// Companion's shape, and the rewrite's demands: the URL ends in a slash, `fields.key`, status 201.
    @Test func uppy() throws {
        let response = try get("filename=a.png&type=image/png&metadata%5Bname%5D=a.png", "s3/params") {
            $0.addressing = .path
        }
        #expect(response.json["method"] as? String == "POST")
        #expect(response.json["url"] as? String == "https://s3.us-east-1.amazonaws.com/uploads/")
        #expect(response.json["expires"] as? Int == 300)
        #expect(texts(response, "fields")?["key"] == Self.key + "a.png")
        #expect(texts(response, "fields")?["success_action_status"] == "201")
        #expect(response.json["error"] == nil)
        let other = try get("filename=a&success_action_status=204&success_action_redirect=x", "s3/params")
        #expect(texts(other, "fields")?["success_action_status"] == "201")
        let put = try get("filename=a&type=a/b", "s3/params") { $0.rules.method = .put }
        #expect(put.json["method"] as? String == "PUT" && texts(put, "headers") == ["content-type": "a/b"])
        let nameless = try get("type=a/b", "s3/params")
        #expect(nameless.status == 400)
        for name in ["error", "message"] {
            #expect(
                nameless.json[name] as? String
                    == #"s3: the "filename" query parameter is required and must be a non-empty string"#)
        }
    }

    @Test(arguments: [
        ("size=1001", ["size": "The object should have at most 1000 bytes"]),
        ("size=-1", ["size": "This field should be a whole number of bytes."]),
        ("type=text/html", ["type": "Content-Type 'text/html' is not allowed; allowed: image/*"]),
        ("type=image/png%0d%0aa:b", ["type": "Invalid Content-Type"]),
        ("size=1&size=2", ["size": "This field is there twice, with different values."]),
        (
            "metadata[a+b]=1",
            ["metadata": "'a b' can't be the name of metadata; use letters, digits, '-', '_' and '.'"]
        ),
        (
            "metadata[a]=1&metadata[A]=1",
            ["metadata": "'A' is there twice: to S3 large and small letters are the same"]
        ),
        (
            "metadata[a][b]=1&metadata[x]y=2",
            [
                "metadata[a][b]": "Metadata should be named as in metadata[album]=3.",
                "metadata[x]y": "Metadata should be named as in metadata[album]=3.",
            ]
        ),
        ("success_action_status=302", ["success_action_status": "Should be 200, 201 or 204"]),
        ("checksum=1B2M2Y8AsgTpgAmY7PhCfg==", ["checksum": "A form can't be held to a checksum; leave it out."]),
    ])
    func refused(query: String, fields: [String: String]) throws {
        let rules = UploadRules.make {
            $0.maximumSize = 1000
            $0.contentTypes = ["image/*"].compactMap(ContentTypePattern.init)
        }
        let query = query.contains("type=") ? query : "type=image/png&" + query
        let response = try get(query, rules: rules)
        #expect(response.status == 400)
        #expect(response.json["errors"] as? [String: [String]] == fields.mapValues { [$0] })
        #expect(response.json["error"] != nil && response.json["fields"] == nil)
    }

    @Test func whoMayAsk() throws {
        for path in ["presign", "s3/params", "session"] {
            #expect(try get("filename=a", path, user: nil).status == 403)
            let foreign = try send(
                .make("GET", "/upload/\(path)", ["HTTP_SEC_FETCH_SITE": "cross-site"]), rules: .make()
            ) {
                $0.rules.allowsListing = true
            }
            #expect(foreign.json["code"] as? String == "foreign_origin", "a GET that gives leave is like a POST")
            #expect(try send(.make("HEAD", "/upload/\(path)"), rules: .make()) { _ in }.status == 405)
        }
        #expect(try get("").status == 200)
        let allowed = try send(
            .make("GET", "/upload/presign", ["HTTP_ORIGIN": "https://app.example.org"]), rules: .make()
        ) { $0.origins = [HTTPURL("https://app.example.org")].compactMap { $0 } }
        #expect(allowed.header("Access-Control-Allow-Origin") == "https://app.example.org")
    }

    @Test func aBatch() throws {
        let response = try post(
            #"{"files":[{"filename":"a.png","type":"image/png","size":1},{"filename":"b","size":"2","metadata":null},{}]}"#
        )
        let answers = try #require(
            JSONSerialization.jsonObject(with: Data(response.body)) as? [[String: Any]])
        #expect(answers.map { $0["key"] as? String } == ["a.png", "b", "file"].map { Self.key + $0 })
        #expect(policy(answers[1]["fields"] as? [String: String]).contains(#"["content-length-range",2,2]"#))
        let many = Array(repeating: "{}", count: 100).joined(separator: ",")
        #expect(try post(#"{"files":[\#(many)]}"#).status == 200)
    }

    @Test(arguments: [
        (#"{"files":[{},{"size":"x"}]}"#, "files[1].size", "This field should be a whole number of bytes."),
        (#"{"files":[{"metadata":[]}]}"#, "files[0].metadata", "The metadata should be an object"),
        (
            #"{"files":[{"metadata":{"a":{}}}]}"#, "files[0].metadata", "'a' should be a text, a number or a boolean"
        ),
        (#"{"files":[{},{},{"size":6000000000}]}"#, "files[2].size", "The object should have at most 5368709120 bytes"),
        (#"{"files":[]}"#, "files", "There should be 1 to 100 files."),
        (#"{"files":[1]}"#, "files[0]", "This field should be an object."),
        (#"{"files":[{},null,{}]}"#, "files[1]", "This field should be an object."),
        (#"{"files":{}}"#, "files", "There should be 1 to 100 files."),
        ("{}", "files", "There should be 1 to 100 files."),
        (
            #"{"files":[\#(Array(repeating: "{}", count: 101).joined(separator: ","))]}"#, "files",
            "There should be 1 to 100 files."
        ),
    ])
    func wrongBatches(body: String, place: String, message: String) throws {
        let response = try post(body)
        #expect(response.status == 400 && response.json["invalid"] as? Bool == true)
        #expect(response.json["errors"] as? [String: [String]] == [place: [message]])
    }

    @Test(arguments: ["[]", "1", "{", #"{"files":[{"a":1,"a":2}]}"#])
    func malformedBatches(body: String) throws {
        #expect(try post(body).json["code"] as? String == "malformed_json")
    }

    @Test func metadataValues() throws {
        let response = try post(#"{"files":[{"metadata":{"n":7,"t":true,"x":null,"s":"a=b c"}}]}"#)
        let answers = try JSONSerialization.jsonObject(with: Data(response.body)) as? [[String: Any]]
        let fields = try #require(answers?.first?["fields"] as? [String: String])
        #expect(
            fields.filter { $0.key.hasPrefix("x-amz-meta-") } == [
                "x-amz-meta-n": "7", "x-amz-meta-t": "true", "x-amz-meta-s": "a=b c",
            ])
    }
}
