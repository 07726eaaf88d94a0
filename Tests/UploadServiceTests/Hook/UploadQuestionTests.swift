import FastCGI
import Foundation
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// What the site is asked before something is signed, and what becomes of its answer, without any storage.
@Suite struct UploadQuestionTests {
    private final class RecordingHook: Hook {
        private let verdict: HookVerdict
        private let heard = Mutex<[HookEvent]>([])

        init(_ answer: String) { verdict = HookAnswer.accepted(Array(answer.utf8)) }
        init(_ verdict: HookVerdict) { self.verdict = verdict }

        var events: [HookEvent] { heard.withLock { $0 } }

        func call(_ event: HookEvent, until deadline: Deadline) -> HookVerdict {
            heard.withLock { $0.append(event) }
            return verdict
        }
    }

    private let log = LogRecorder()

    private func respond(
        _ hook: RecordingHook, _ path: String, _ body: String, user: String = "frodo", asksFirst: Bool = true
    ) throws -> Response {
        let site = try Site.make(rules: .make { $0.maximumSize = 1000 }) { site in
            var asked = SiteHook(hook, permits: Permits(1))
            asked.asksFirst = asksFirst
            asked.forwardedHeaders = ForwardedHeaders(["X-Request-Id"])
            site.hook = asked
        }
        return Dispatcher(site: site, surroundings: .fixed(log: log))
            .respond(
                to: .make(
                    "POST", "/upload/\(path)", user: user, body: Array(body.utf8), ["HTTP_X_REQUEST_ID": "r-1"]))
    }

    private static let policy = """
        {"expiration": "2026-11-22T12:39:56Z", "conditions": [{"acl": "private"}, {"bucket": "uploads"},
        {"key": "frodo/a.png"}, {"Content-Type": "image/png"}, {"x-amz-meta-qqfilename": "Sh%C3%AFre.png"},
        ["content-length-range", 0, 800]]}
        """
    private static let wish = #"{"filename": "Shïre.png", "type": "image/png", "size": 800}"#

    private static func data(_ event: HookEvent?) throws -> [String: Any] {
        let data = try JSONSerialization.jsonObject(with: Data(try #require(event).data.bytes))
        return try #require(data as? [String: Any])
    }

    @Test(arguments: [("sign", policy), ("upload_uri", wish)])
    func theQuestion(path: String, body: String) throws {
        let hook = RecordingHook("{}")
        let response = try respond(hook, path, body)
        #expect(response.status == 200, "\(response.text)")
        #expect(hook.events.count == 1)
        let event = try #require(hook.events.first)
        #expect(event.kind == .signing && event.id == "sign_000102030405060708090a0b0c0d0e0f")
        #expect(event.headers == [HeaderField("X-Request-Id", "r-1")] && event.time == testTime)
        let data = try Self.data(event)
        #expect(data["user"] as? String == "frodo" && data["profile"] as? String == "default")
        #expect(data["type"] as? String == "image/png" && data["name"] as? String == "Shïre.png")
        #expect(data["size"] as? Int == 800)
        let key = path == "sign" ? "frodo/a.png" : response.json["key"] as? String
        #expect(data["key"] as? String == key && key != nil)
    }

    @Test func whatIsNotDeclaredIsNotNamed() throws {
        let hook = RecordingHook("{}")
        #expect(try respond(hook, "upload_uri", "{}", user: "Zoë").status == 200)
        let data = try Self.data(hook.events.first)
        #expect(Set(data.keys) == ["user", "profile", "key", "size"])
        // As completion spells the user, and the most that may come.
        #expect(data["user"] as? String == "Zo%C3%AB" && data["size"] as? Int == 1000)
    }

    @Test(arguments: [("sign", policy), ("upload_uri", wish)])
    func nobodyAsksWhoIsNotToBeAsked(path: String, body: String) throws {
        let hook = RecordingHook(.refused("No"))
        #expect(try respond(hook, path, body, asksFirst: false).status == 200)
        #expect(hook.events.isEmpty)
    }

    /// The site is not bothered with what the rules refuse.
    @Test(arguments: [
        ("sign", policy.replacing("800", with: "1001")), ("upload_uri", wish.replacing("800", with: "1001")),
    ])
    func theRulesComeFirst(path: String, body: String) throws {
        let hook = RecordingHook("{}")
        #expect(try respond(hook, path, body).status == 400)
        #expect(hook.events.isEmpty)
    }

    @Test(arguments: [("sign", policy), ("upload_uri", wish)])
    func refusals(path: String, body: String) throws {
        let refused = try respond(RecordingHook(.refused("Your quota is used up")), path, body)
        #expect(refused.status == 403 && refused.json["code"] as? String == "refused")
        #expect(refused.json["error"] as? String == "Your quota is used up")
        let undecided = try respond(RecordingHook(.undecided("the hook answered 500")), path, body)
        #expect(undecided.status == 503 && undecided.json["code"] as? String == "site_undecided")
        #expect(log.lines.last?.contains("cause=\"the hook answered 500\"") == true)
        let misspelled = try respond(RecordingHook(#"{"max_size": 5}"#), path, body)
        #expect(misspelled.status == 503)
        let type = try respond(RecordingHook(#"{"types": ["video/*"]}"#), path, body)
        #expect(type.status == 403 && type.text.contains("Files of type 'image/png' may not be uploaded"))
    }

    @Test func aFormIsHeldToTheSmallerSize() throws {
        let response = try respond(RecordingHook(#"{"maxSize": 700, "types": ["image/*"]}"#), "sign", Self.policy)
        #expect(response.status == 200 && response.text.contains(#"["content-length-range","#))
        #expect(response.text.contains("700") && !response.text.contains("800"))
        #expect(try respond(RecordingHook(#"{"maxSize": 9000}"#), "sign", Self.policy).text.contains("800"))
    }

    @Test(arguments: [
        (#"{"maxSize": 800, "types": ["image/*"]}"#, wish, [:]),
        (#"{"maxSize": 9000}"#, wish, [:]),
        (#"{"maxSize": 799}"#, wish, ["size": "The object should have at most 799 bytes"]),
        (#"{"maxSize": 799}"#, "{}", ["size": "This field is required."]),
        (#"{"types": ["image/*"]}"#, "{}", ["type": "This field is required."]),
        (
            #"{"types": ["image/*"], "maxSize": 799}"#, #"{"filename": "a.png"}"#,
            ["type": "This field is required.", "size": "This field is required."]
        ),
    ])
    func aURLIsHeldToWhatIsDeclared(answer: String, wish: String, errors: [String: String]) throws {
        let response = try respond(RecordingHook(answer), "upload_uri", wish)
        #expect(response.status == (errors.isEmpty ? 200 : 400), "\(response.text)")
        #expect((response.json["errors"] as? [String: [String]])?.mapValues { $0.first } ?? [:] == errors)
    }

    /// Whatever else signs asks the same question.
    @Test(arguments: [
        ("presign", #"{"files":[\#(wish)]}"#), ("s3/presign", #"{"method":"PUT","key":"a","contentType":"image/png"}"#),
        ("s3/presign", #"{"method":"POST","key":"a","contentType":"image/png"}"#),
    ])
    func otherRoutes(path: String, body: String) throws {
        let hook = RecordingHook("{}")
        #expect(try respond(hook, path, body).status == 200)
        let data = try Self.data(hook.events.first)
        #expect(hook.events.count == 1 && data["type"] as? String == "image/png")
        let refused = try respond(RecordingHook(.refused("Your quota is used up")), path, body)
        #expect(refused.status == 403 && refused.json["code"] as? String == "refused")
        #expect(try respond(RecordingHook(#"{"types": ["video/*"]}"#), path, body).status == 403)
    }

    @Test func formsOfOursAreHeldToTheSmallerSize() throws {
        let smaller = RecordingHook(#"{"maxSize": 799}"#)
        let declared = try respond(smaller, "presign", #"{"files":[\#(Self.wish)]}"#)
        #expect(
            declared.json["errors"] as? [String: [String]]
                == ["files[0].size": ["The object should have at most 799 bytes"]])
        let open = try respond(smaller, "presign", #"{"files":[{}]}"#)
        let answers = try JSONSerialization.jsonObject(with: Data(open.body)) as? [[String: Any]]
        let fields = try #require(answers?.first?["fields"] as? [String: String])
        let policy = try #require(Data(base64Encoded: fields["policy"] ?? ""))
        #expect(String(decoding: policy, as: UTF8.self).contains(#"["content-length-range",0,799]"#))
    }

    @Test func partsAreNotAskedAbout() throws {
        let hook = RecordingHook(.refused("No"))
        let body = #"{"method":"PUT","key":"a","uploadId":"U","partNumber":1}"#
        #expect(try respond(hook, "s3/presign", body).status == 200 && hook.events.isEmpty)
    }
}
