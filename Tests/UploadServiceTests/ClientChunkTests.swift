import FastCGI
import Foundation
import S3Client
import Testing

@testable import S3Authorization
@testable import UploadService

/// Every request for a chunk's signature that Fine Uploader's own code made, and what the reference server answered.
struct ClientChunkTests {
    static let operations = ["initiate", "part", "complete", "abort"]

    private func site(token: ByteString? = nil) throws -> Site {
        let rules = UploadRules.make { $0.bucket = "my-bucket" }
        return try .make(rules: rules) { site in
            site.credentials = StaticCredentials(
                Credentials(accessKeyID: "AKID", secret: Secret("SECRET"), sessionToken: token))
            site.mount = "/s3"
            site.url = HTTPURL("https://app.example")
            if let endpoint = try? Endpoint(parsing: "https://s3.amazonaws.com") { site.endpoint = endpoint }
        }
    }

    /// 2030-01-02 03:04:05 UTC, when the client asked.
    private func answer(_ body: String, version: Int, site: Site, log: LogRecorder = LogRecorder()) -> Response {
        let request = Request.make(
            "POST", "/s3/sign", user: "frodo", body: Array(body.utf8), ["QUERY_STRING": version == 4 ? "v4=true" : ""])
        return Dispatcher(site: site, surroundings: .fixed(at: 1_893_553_445, log: log)).respond(to: request)
    }

    private func client(_ operation: String, _ version: Int) throws -> (body: String, artifacts: [String: Any]) {
        let object = try #require(try vectors("clients/vectors.json")["\(operation)_v\(version)"] as? [String: Any])
        let request = try #require(object["request"] as? [String: Any])
        return (try #require(request["body"] as? String), try #require(object["artifacts"] as? [String: Any]))
    }

    @Test(arguments: operations, [2, 4]) func areSigned(_ operation: String, version: Int) throws {
        let reference = try #require(try vectors("clients/ref.out.json")[operation] as? [String: Any])
        let (body, artifacts) = try client(operation, version)
        let log = LogRecorder()
        let response = answer(body, version: version, site: try site(), log: log)
        #expect(response.status == 200, "\(response.text)")
        #expect(response.json["signature"] as? String == reference["v\(version)"] as? String)
        #expect(response.json.count == 1)
        let line = try #require(log.lines.first)
        #expect(line.contains("action=sign operation=\(operation) status=200 user=frodo"))
        #expect(line.contains("key=\"frodo/a b+é'(1).bin\""))

        // What is signed on the way there is what the client made of it.
        let request = try #require(RESTRequest(parsing: Array(body.utf8)))
        #expect(request.text.string == artifacts["stringToSignRaw"] as? String)
        if version == 4 {
            let lines = request.text.description.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false)
            let stringToSign = StringToSign(
                canonicalRequest: ByteString(String(lines[3])),
                time: try SigningTime(parsing: "20300102T030405Z", as: .basic),
                scope: try CredentialScope(parsing: "20300102/us-east-1/s3/aws4_request"))
            #expect(stringToSign.text.string == artifacts["stringToSign"] as? String)
        }
    }

    @Test func withASessionToken() throws {
        let object = try #require(try vectors("clients/vectors.json")["part_v4_token_cors"] as? [String: Any])
        let body = try #require(object["body"] as? String)
        #expect(answer(body, version: 4, site: try site(token: "TOK")).status == 200)
        for token in [nil, "OTHER"] as [ByteString?] {
            let refused = answer(body, version: 4, site: try site(token: token))
            #expect(refused.status == 400 && refused.json["signature"] == nil)
            #expect((refused.json["errors"] as? [String: Any])?["headers.x-amz-security-token"] != nil)
        }
    }

    /// S3 would compare the sum with the empty body of the request; version 4's text does not even have the line.
    @Test(arguments: [2, 4]) func aContentMD5(_ version: Int) throws {
        let object = try #require(try vectors("clients/vectors.json")["initiate_md5_v\(version)"] as? [String: Any])
        let text = try #require(object["stringToSignRaw"] as? String)
        let body = String(decoding: try JSONSerialization.data(withJSONObject: ["headers": text]), as: UTF8.self)
        let response = answer(body, version: version, site: try site())
        #expect(response.status == 400)
        let place = version == 2 ? "headers.Content-MD5" : "headers.SignedHeaders"
        #expect((response.json["errors"] as? [String: Any]).map { Array($0.keys) } == [place])
    }

    /// Everything that is wrong, each at its place; what is only not allowed to this caller is 403.
    @Test func refusals() throws {
        let (body, _) = try client("initiate", 2)
        let site = try site()
        let foreign = answer(body.replacingOccurrences(of: "/frodo/", with: "/sam/"), version: 2, site: site)
        #expect(foreign.status == 403 && foreign.json["code"] as? String == "not_permitted")
        #expect(foreign.json["error"] as? String == "Key should start with 'frodo/'")
        #expect(
            foreign.json["errors"] as? [String: [String]] == ["headers.key": ["Key should start with 'frodo/'"]])
        let worse = answer(
            body.replacingOccurrences(of: "/frodo/", with: "/sam/").replacingOccurrences(of: "?uploads", with: "?acl")
                .replacingOccurrences(of: ":private", with: ":public-read"),
            version: 2, site: site)
        #expect(worse.status == 400 && worse.json["code"] as? String == "invalid_headers")
        let places = (worse.json["errors"] as? [String: Any])?.keys.sorted()
        #expect(places == ["headers.key", "headers.operation", "headers.x-amz-acl"])
        let log = LogRecorder()
        _ = answer(#"{"headers":"GET"}"#, version: 2, site: site, log: log)
        #expect(log.lines.first?.contains("action=sign operation=none status=400 user=frodo") == true)
    }

    /// A policy that only talks of headers is a policy.
    @Test func aPolicyIsStillAPolicy() throws {
        let policy = """
            {"conditions":[{"acl":"private"},{"bucket":"my-bucket"},{"key":"frodo/\\"headers\\".txt"}]}
            """
        let response = answer(policy.replacingOccurrences(of: "\\\"", with: "'"), version: 2, site: try site())
        #expect(response.status == 200 && response.json["policy"] != nil)
        let empty = answer(#"{"headers":""}"#, version: 2, site: try site())
        #expect(empty.status == 400 && empty.json["code"] as? String == "invalid_policy")
    }
}
