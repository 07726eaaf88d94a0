import FastCGI
import Foundation
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// Uppy's uploads in parts, from the first request to the last, with an S3 that does what the test wants.
struct MultipartTests {
    static let uuid = "00010203-0405-4607-8809-0a0b0c0d0e0f"
    static let key = "frodo/\(uuid)/ring-1-.txt"

    private let s3 = StubS3()
    private let log = LogRecorder()

    private func send(
        _ method: String, _ path: String, _ json: String? = nil, site: Site? = nil, user: String? = "frodo",
        at time: Int64 = testTime, _ more: [String: String] = [:]
    ) throws -> Response {
        let pieces = path.split(separator: "?", maxSplits: 1).map { String($0) }
        var parameters = ["QUERY_STRING": pieces.count > 1 ? pieces[1] : ""]
        if json == nil { parameters["CONTENT_TYPE"] = "" }
        parameters.merge(more) { $1 }
        let request = Request.make(
            method, "/upload/s3/" + pieces[0], user: user, body: Array((json ?? "").utf8), parameters)
        return Dispatcher(site: try site ?? Site.make(s3: s3), surroundings: .fixed(at: time, log: log))
            .respond(to: request)
    }

    private func begin(_ json: String = #"{"filename":"ring (1).txt"}"#, site: Site? = nil) throws -> String {
        let response = try send("POST", "multipart", json, site: site)
        try #require(response.status == 200, "\(response.text)")
        return try #require(response.json["uploadId"] as? String)
    }

    private func have(_ sizes: UInt64...) {
        s3.state.withLock { state in
            state.parts = sizes.enumerated().map { StubS3.Part(number: $0.offset + 1, size: $0.element) }
        }
    }

    private func expect(_ response: Response, _ status: Int, _ code: String, _ message: String? = nil) {
        #expect(response.status == status && response.json["code"] as? String == code, "\(response.text)")
        let error = response.json["error"] as? String
        #expect(error == response.json["message"] as? String && error?.isEmpty == false)
        if let message { #expect(error == message) }
        #expect(response.header("Content-Type") == "application/json")
    }

    // MARK: create

    @Test func create() throws {
        let response = try send(
            "POST", "multipart",
            #"{"filename":"ring (1).txt","type":"text/plain","metadata":{"name":"ring (1).txt","Größe":null,"n":7}}"#)
        #expect(response.status == 200)
        #expect(response.json["key"] as? String == Self.key)
        #expect(response.json["bucket"] as? String == "uploads")
        #expect(response.json["expires_at"] as? String == "2026-11-29T12:34:56Z")
        #expect(response.json["error"] == nil)
        #expect(s3.asked == ["POST uploads="])
        let request = try #require(s3.state.withLock { $0.asked.first })
        #expect(request.url.description.hasPrefix("http://internal.example:7480/uploads/\(Self.key)?"))
        let headers = Dictionary(s3.headers.map { ("\($0.name)", "\($0.value)") }) { $1 }
        #expect(headers["Content-Type"] == "text/plain" && headers["x-amz-acl"] == "private")
        #expect(headers["x-amz-meta-name"] == "ring (1).txt" && headers["x-amz-meta-n"] == "7")
        #expect(log.lines.last?.contains("action=s3/multipart status=200 user=frodo") == true)
        #expect(log.lines.last?.contains("key=\(Self.key)") == true)
    }

    @Test func theACLIsThatOfTheRules() throws {
        let site = try Site.make(s3: s3, rules: .make { $0.acl = nil })
        _ = try begin(site: site)
        #expect(!s3.headers.contains { $0.name == "x-amz-acl" })
    }

    @Test(arguments: [
        ("{}", 400, "invalid_fields"), ("", 415, "unsupported_media_type"), ("x", 400, "malformed_json"),
        (#"{"filename":"a","size":1001}"#, 400, "invalid_fields"),
        (#"{"filename":"a","type":"text/html"}"#, 400, "invalid_fields"),
        (#"{"filename":"a"}"#, 400, "invalid_fields"),
        (#"{"filename":"a","type":"image/png","metadata":{"a b":"c"}}"#, 400, "invalid_fields"),
    ])
    func refused(json: String, status: Int, code: String) throws {
        let rules = UploadRules.make { rules in
            rules.maximumSize = 1000
            rules.contentTypes = ["image/*"].compactMap { ContentTypePattern($0) }
        }
        let site = try Site.make(s3: s3, rules: rules)
        expect(try send("POST", "multipart", json.isEmpty ? nil : json, site: site), status, code)
        #expect(s3.asked.isEmpty)
    }

    @Test func whoMayCreate() throws {
        expect(try send("POST", "multipart", #"{"filename":"a"}"#, user: nil), 403, "login_required")
        let foreign = ["HTTP_SEC_FETCH_SITE": "cross-site"]
        expect(try send("POST", "multipart", #"{"filename":"a"}"#, foreign), 403, "foreign_origin")
        let without = try Site.make(s3: s3) { $0.tickets = nil }
        expect(try send("POST", "multipart", #"{"filename":"a"}"#, site: without), 404, "not_configured")
        #expect(log.lines.last?.contains("server.secret_file") == true)
        let site = try Site.make(s3: s3) { $0.rules.bodyLimit = 10 }
        expect(try send("POST", "multipart", #"{"filename":"a"}"#, site: site), 413, "body_too_large")
        #expect(s3.asked.isEmpty)
    }

    @Test func statusesAreNeverHidden() throws {
        // What could be an XDomainRequest elsewhere is Uppy here: no content type, an origin of ours.
        let response = try send(
            "POST", "multipart/x/complete?key=a", nil, ["HTTP_ORIGIN": "https://www.example.org"])
        expect(response, 404, "unknown_upload")
    }

    @Test func theRoomIsLimited() throws {
        let site = try Site.make(s3: s3)
        let permits = try #require(site.uploads?.permits)
        func inside(_ depth: Int, _ body: () throws -> Void) throws {
            guard depth > 0 else { return try body() }
            _ = try permits.run { try inside(depth - 1, body) }
        }
        let id = try begin(site: site)
        try inside(4) {
            let response = try send("POST", "multipart", #"{"filename":"a"}"#, site: site)
            expect(response, 503, "busy")
            #expect(response.header("Retry-After") != nil)
            // Signing talks to nobody.
            #expect(try send("GET", "multipart/\(id)/1?key=\(Self.key)", site: site).status == 200)
        }
        #expect(try send("POST", "multipart", #"{"filename":"a"}"#, site: site).status == 200)
    }

    // MARK: tickets

    @Test(arguments: [
        "GET multipart/ID", "GET multipart/ID/1", "GET multipart/ID/batch", "POST multipart/ID/complete",
        "DELETE multipart/ID",
    ])
    func everyCallNeedsTheTicket(call: String) throws {
        let words = call.split(separator: " ").map { String($0) }
        let id = try begin()
        have(5)
        let before = s3.asked.count
        func send(
            _ id: String, _ query: String, user: String? = "frodo", at time: Int64 = testTime, site: Site? = nil
        ) throws -> Response {
            let path = words[1].replacing("ID", with: id) + "?partNumbers=1&" + query
            return try self.send(words[0], path, site: site, user: user, at: time)
        }
        let query = "key=\(Self.key.replacing("/", with: "%2F"))"
        expect(try send("2~U", query), 404, "unknown_upload")
        expect(
            try send(String(id.dropLast(6)) + (id.hasSuffix("AAAAAA") ? "BBBBBB" : "AAAAAA"), query), 404,
            "unknown_upload")
        expect(try send(id, query, user: "sam"), 403, "not_permitted", "This upload is another user's")
        expect(try send(id, query, user: nil), 403, "login_required")
        expect(try send(id, query, at: testTime + 604_800), 403, "upload_expired")
        let key = "s3: the object key must be passed as a query parameter. For example: \"?key=abc.jpg\""
        expect(try send(id, ""), 400, "invalid_fields", key)
        expect(try send(id, "key="), 400, "invalid_fields", key)
        expect(try send(id, "key=frodo%2Fother"), 403, "not_permitted", "The key is not that of this upload")
        expect(try send(id, "key=%zz"), 403, "not_permitted")
        expect(try send(id, query, site: try .make(s3: s3, secrets: ["other"])), 404, "unknown_upload")
        let other = try Site.make(s3: s3) { $0.rules.name = "videos" }
        expect(try send(id, query, site: other), 403, "not_permitted", "This upload was begun under other rules")
        #expect(s3.asked.count == before)
        let rotated = try Site.make(s3: s3, secrets: ["new", "secret"])
        #expect(try send(id, query, at: testTime + 604_799, site: rotated).status == 200)
    }

    @Test func usersWithUncommonNames() throws {
        let site = try Site.make(s3: s3)
        let response = try send("POST", "multipart", #"{"filename":"a b"}"#, site: site, user: "a+b \u{e9}")
        let key = try #require(response.json["key"] as? String)
        #expect(key == "a+b%20%C3%A9/\(Self.uuid)/a-b")
        let id = try #require(response.json["uploadId"] as? String)
        let encoded = "a%2Bb%2520%25C3%25A9%2F\(Self.uuid)%2Fa-b"
        for spelling in [encoded, encoded.replacing("%2B", with: "+").replacing("%2F", with: "/")] {
            #expect(try send("GET", "multipart/\(id)?key=\(spelling)", user: "a+b \u{e9}").status == 200)
        }
    }

    // MARK: parts

    @Test func list() throws {
        let id = try begin()
        #expect(try send("GET", "multipart/\(id)?key=\(Self.key)").text == "[]")
        s3.state.withLock { state in
            state.parts = (1...5).map { StubS3.Part(number: $0 * 2, size: 7) }
            state.pageLength = 2
        }
        let response = try send("GET", "multipart/\(id)?key=\(Self.key)")
        let expected = (1...5).map { #"{"PartNumber":\#($0 * 2),"ETag":"\"e\#($0 * 2)\"","Size":7}"# }
        #expect(response.text == "[\(expected.joined(separator: ","))]")
        #expect(s3.asked.suffix(3).allSatisfy { $0.hasPrefix("GET max-parts=1000&") })
        s3.state.withLock { $0.parts = nil }
        expect(try send("GET", "multipart/\(id)?key=\(Self.key)"), 404, "upload_is_over")
    }

    @Test func signOne() throws {
        let id = try begin()
        let response = try send("GET", "multipart/\(id)/7?key=\(Self.key)")
        let url = try #require(response.json["url"] as? String)
        #expect(url.hasPrefix("https://uploads.s3.us-east-1.amazonaws.com/\(Self.key)?X-Amz-Algorithm="))
        #expect(url.contains("X-Amz-SignedHeaders=host&partNumber=7&uploadId=2~U%2F1&X-Amz-Signature="))
        #expect(response.json["expires"] as? Int == 300 && response.json["method"] as? String == "PUT")
        let sized = try send("GET", "multipart/\(id)/7?size=1000&key=\(Self.key)")
        let other = try #require(sized.json["url"] as? String)
        #expect(other.contains("X-Amz-SignedHeaders=content-length%3Bhost&"))
        for number in ["0", "10001", "x", "1.0", "-1", "+1"] {
            expect(
                try send("GET", "multipart/\(id)/\(number)?key=\(Self.key)"), 400, "invalid_fields",
                "s3: the part number must be a number between 1 and 10000.")
        }
        for size in ["0", "x", "", "5368709121"] {
            expect(try send("GET", "multipart/\(id)/7?size=\(size)&key=\(Self.key)"), 400, "invalid_fields")
        }
        let declared = try begin(#"{"filename":"ring (1).txt","size":1000}"#)
        #expect(try send("GET", "multipart/\(declared)/1?size=1000&key=\(Self.key)").status == 200)
        expect(try send("GET", "multipart/\(declared)/1?size=1001&key=\(Self.key)"), 400, "invalid_fields")
    }

    @Test func signMany() throws {
        let id = try begin()
        let response = try send("GET", "multipart/\(id)/batch?partNumbers=3%2C1,10-12&key=\(Self.key)")
        let urls = try #require(response.json["presignedUrls"] as? [String: String])
        #expect(urls.keys.sorted() == ["1", "10", "11", "12", "3"])
        for (number, url) in urls {
            #expect(try send("GET", "multipart/\(id)/\(number)?key=\(Self.key)").json["url"] as? String == url)
        }
        for query in ["", "partNumbers=", "partNumbers=a", "partNumbers=0", "partNumbers=1-10001"] {
            expect(try send("GET", "multipart/\(id)/batch?\(query)&key=\(Self.key)"), 400, "invalid_fields")
        }
    }

    @Test func version2() throws {
        let site = try Site.make(s3: s3, rules: .make { $0.signatureVersions = [.v2] })
        let id = try begin(site: site)
        let response = try send("GET", "multipart/\(id)/7?key=\(Self.key)", site: site)
        let url = try #require(response.json["url"] as? String)
        #expect(url.contains("AWSAccessKeyId=") && url.contains("partNumber=7") && !url.contains("X-Amz-"))
    }

    @Test func tenThousandAreQuick() throws {
        let id = try begin()
        let site = try Site.make(s3: s3)
        var response: Response?
        let time = processorTime {
            response = try? send("GET", "multipart/\(id)/batch?partNumbers=1-10000&key=\(Self.key)", site: site)
        }
        #expect((response?.json["presignedUrls"] as? [String: String])?.count == 10_000)
        #expect(time < .seconds(5 * slowdown), "an unoptimised build; \(time)")
    }

    // MARK: complete

    private static let done =
        #"{"location":"https://uploads.s3.us-east-1.amazonaws.com/\#(key)","key":"\#(key)","bucket":"uploads"}"#
    private static let parts = #"{"parts":[{"ETag":"\"e1\"","PartNumber":1},{"ETag":"e2","PartNumber":2}]}"#

    private func complete(_ id: String, _ json: String? = parts, site: Site? = nil) throws -> Response {
        try send("POST", "multipart/\(id)/complete?key=\(Self.key)", json, site: site)
    }

    @Test(arguments: [parts, nil, "{}"]) func completeAndRepeat(json: String?) throws {
        let id = try begin()
        have(5, 7)
        let response = try complete(id, json)
        #expect(response.status == 200 && response.text == Self.done.replacing("/", with: "/"))
        #expect(s3.body.contains("<Part><PartNumber>2</PartNumber><ETag>\"e2\"</ETag></Part>"))
        #expect(s3.asked.count == 3)
        let again = try complete(id, json)
        #expect(again.status == 200 && again.body == response.body)
    }

    @Test func someOfTheParts() throws {
        let id = try begin()
        have(5, 7, 9)
        #expect(try complete(id).status == 200)
        #expect(!s3.body.contains("<PartNumber>3<"))
    }

    @Test func anAnswerThatWasLost() throws {
        let id = try begin()
        have(5, 7)
        s3.state.withLock { $0.losesComplete = true }
        #expect(try complete(id).text == Self.done)
        #expect(s3.asked.last?.hasPrefix("HEAD") == true)
    }

    @Test func anErrorInsideASuccess() throws {
        let id = try begin()
        have(5, 7)
        s3.state.withLock { $0.complete = StubS3.error(200, "InternalError") }
        let response = try complete(id)
        expect(response, 503, "storage_unavailable")
        #expect(response.header("Retry-After") != nil)
        s3.state.withLock { $0.complete = nil }
        #expect(try complete(id).text == Self.done)
    }

    @Test func partsThatMakeNoObject() throws {
        let id = try begin()
        have(5, 7)
        s3.state.withLock { $0.complete = StubS3.error(400, "EntityTooSmall") }
        expect(try complete(id), 400, "invalid_parts")
        #expect(log.lines.last?.contains("EntityTooSmall") == true)
        s3.state.withLock { $0.complete = StubS3.error(403, "AccessDenied") }
        expect(try complete(id), 502, "storage_failed")
        have()
        expect(try complete(id, nil), 400, "invalid_parts", "No part of this upload is there yet")
        have(5)
        expect(try complete(id), 400, "invalid_parts", "Part 2 is not there, or has another ETag")
        #expect(!s3.asked.contains { $0.hasPrefix("DELETE") })
    }

    @Test func tooLarge() throws {
        let rules = UploadRules.make { $0.maximumSize = 11 }
        let site = try Site.make(s3: s3, rules: rules)
        let id = try begin(site: site)
        have(5, 7)
        expect(try complete(id, site: site), 400, "too_large", "The file should have at most 11 bytes")
        #expect(s3.asked.last?.hasPrefix("DELETE uploadId=") == true)
        expect(try complete(id, site: site), 404, "upload_is_over")
        // A limit that was lowered meanwhile counts, and one that was raised does not.
        let other = try begin()
        have(5, 7)
        expect(try complete(other, site: site), 400, "too_large")
        let early = try begin(site: site)
        have(5, 7)
        expect(try complete(early), 400, "too_large")
    }

    @Test func theDeclaredSize() throws {
        let id = try begin(#"{"filename":"ring (1).txt","size":12}"#)
        have(5)
        expect(try complete(id, nil), 400, "invalid_parts", "The parts have 5 bytes, and 12 were declared")
        have(5, 7)
        #expect(try complete(id, nil).status == 200)
        let other = try begin(#"{"filename":"ring (1).txt","size":11}"#)
        have(5, 7)
        expect(try complete(other, nil), 400, "too_large", "The file should have at most 11 bytes")
        #expect(s3.asked.last?.hasPrefix("DELETE") == true)
    }

    @Test func nothingToRepeat() throws {
        let id = try begin(#"{"filename":"ring (1).txt","size":12}"#)
        s3.state.withLock { $0.parts = nil }
        expect(try complete(id), 404, "upload_is_over")
        // Something else is there, by another way.
        s3.state.withLock { $0.object = 11 }
        expect(try complete(id), 404, "upload_is_over")
        s3.state.withLock { $0.object = 12 }
        #expect(try complete(id).text == Self.done)
    }

    @Test func longLists() throws {
        let id = try begin()
        let all = (1...10_000).map { #"{"ETag":"\"e\#($0)\"","PartNumber":\#($0)}"# }
        let json = "{\"parts\":[\(all.joined(separator: ","))]}"
        s3.state.withLock { state in
            state.parts = (1...10_000).map { StubS3.Part(number: $0, size: 1) }
            state.pageLength = 5000
        }
        #expect(json.utf8.count > 65_536)
        #expect(try complete(id, json).text == Self.done)
        let long = json.dropLast() + ",\"x\":\"" + String(repeating: "x", count: 1 << 20) + "\"}"
        expect(try complete(id, String(long)), 413, "body_too_large")
    }

    // MARK: abort and the rest

    @Test func abort() throws {
        let id = try begin()
        let response = try send("DELETE", "multipart/\(id)?key=\(Self.key)")
        #expect(response.status == 200 && response.text == "{}")
        #expect(response.header("Content-Type") == "application/json")
        #expect(try send("DELETE", "multipart/\(id)?key=\(Self.key)").text == "{}")
        #expect(s3.asked.suffix(2).allSatisfy { $0.hasPrefix("DELETE uploadId=2~U%2F1") })
    }

    @Test func noCredentialsAreHandedOut() throws {
        expect(try send("GET", "sts"), 400, "no_sts", "This Companion server does not support STS credentials")
    }

    @Test func everyRouteAnswersOptions() throws {
        for path in ["multipart", "multipart/x", "multipart/x/1", "multipart/x/batch", "multipart/x/complete", "sts"] {
            let response = try send("OPTIONS", path, user: nil)
            #expect(response.status == 204)
            #expect(response.header("Access-Control-Allow-Headers")?.contains("Uppy-Versions") == true)
        }
        #expect(try send("OPTIONS", "multipart/x").header("Allow") == "GET, DELETE, OPTIONS")
        expect(try send("PUT", "multipart/x"), 405, "method_not_allowed")
    }
}
