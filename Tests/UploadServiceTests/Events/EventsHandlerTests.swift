import FastCGI
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// `POST events` as stores see it; with a real store it is tried in the tests from end to end.
struct EventsHandlerTests {
    private let s3 = StubS3()
    private let log = LogRecorder()

    private func site(permits: Int = 4, _ change: (inout Site) -> Void = { _ in }) throws -> Site {
        let rules = UploadRules.make { $0.maximumSize = 100 }
        return try Site.make(s3: s3, rules: rules) { site in
            guard let client = site.uploads?.client, let template = StorageKeyTemplate("{user}/{uuid}{ext}") else {
                return
            }
            site.storage = StorageDesk(
                client: client, uploads: "uploads", bucket: "storage", template: template, claims: ".claims/",
                permits: Permits(permits))
            var events = EventsDesk()
            events.tokens = [Secret(EventsDeskTests.token)]
            site.events = events
            change(&site)
        }
    }

    private func send(
        _ body: String, _ site: Site? = nil, token: String = EventsDeskTests.token, _ more: [String: String] = [:]
    ) throws -> Response {
        let parameters = ["HTTP_AUTHORIZATION": "Bearer \(token)"].merging(more) { $1 }
        let request = Request.make("POST", "/upload/events", user: nil, body: Array(body.utf8), parameters)
        return Dispatcher(site: try site ?? self.site(), surroundings: .fixed(log: log)).respond(to: request)
    }

    private var notification: String { EventNotificationTests.records(EventNotificationTests.record) }

    private func calls() -> Int { s3.state.withLock { $0.asked.count } }

    @Test func isOffUnlessConfigured() throws {
        let response = try send(notification, try site { $0.events = nil })
        #expect(response.status == 404)
        #expect(response.json["code"] as? String == "not_configured")
        #expect(try send(notification, try site { $0.storage = nil }).status == 404)
        #expect(calls() == 0)
    }

    @Test func refusesStrangersBeforeReading() throws {
        for (body, token) in [(notification, "wrong"), ("no JSON", "wrong"), (notification, "")] {
            let response = try send(body, token: token)
            #expect(response.status == 401)
            #expect(response.json["code"] as? String == "unknown_sender")
            #expect(response.header("WWW-Authenticate") != nil)
        }
        #expect(calls() == 0)
        #expect(!log.lines.joined().contains("wrong"))
    }

    @Test func needsNoIdentity() throws {
        #expect(try send("{\"Records\":[]}").status == 200)
    }

    @Test(arguments: [
        ("\"name\":\"uploads\"", "\"name\":\"others\""), ("ObjectCreated:Put", "ObjectRemoved:Delete"),
        ("frodo/a+b%2Bc%C3%A9.txt", "nobody"), ("frodo/a+b%2Bc%C3%A9.txt", "countersign-doctor/x"),
    ])
    func acknowledgesWhatIsNotOurs(old: String, new: String) throws {
        let response = try send(EventNotificationTests.records(EventNotificationTests.changed(old, new)))
        #expect(response.status == 200)
        #expect(response.json["ignored"] as? Int == 1)
        #expect(calls() == 0)
    }

    /// Another try would end the same way, so none is asked for.
    @Test func acknowledgesWhatTheRulesRefuse() throws {
        s3.state.withLock { $0.object = 101 }
        let response = try send(notification)
        #expect(response.status == 200)
        #expect(response.json["refused"] as? Int == 1)
        #expect(log.lines.contains { $0.contains("outcome=refused") && $0.contains("reason=too_large") })
    }

    @Test func asksForAnotherTryWhereS3Fails() throws {
        s3.state.withLock { $0.object = 7 }
        // HEAD succeeds, the claim does not.
        let response = try send(notification)
        #expect(response.status == 503)
        #expect(response.json["code"] as? String == "unfinished_events")
        #expect(response.header("Retry-After") == "5")
    }

    /// A store that sends no Content-Type looks like an old browser, which gets its errors with 200: a store must not.
    @Test func neverHidesItsStatus() throws {
        s3.state.withLock { $0.object = 7 }
        let more = ["CONTENT_TYPE": "", "HTTP_ORIGIN": ""]
        #expect(try send(notification, nil, more).status == 503)
        #expect(try send(notification, nil, token: "wrong", more).status == 401)
    }

    @Test func oneKeyIsLookedAtOnce() throws {
        s3.state.withLock { $0.object = 101 }
        _ = try send(notification)
        let once = calls()
        let record = EventNotificationTests.record
        let response = try send(EventNotificationTests.records(record, record))
        #expect(response.json["refused"] as? Int == 1)
        #expect(calls() == 2 * once)
    }

    @Test func refusesALargeBody() throws {
        let body = String(repeating: " ", count: EventNotification.bodyLimit) + "{}"
        #expect(try send(body).status == 413)
    }

    @Test func namesAMissingProfile() throws {
        #expect(try send(notification, try site { $0.events?.profile = "videos" }).status == 500)
    }
}

struct LateCompletionNameTests {
    private func name(_ metadata: [(ByteString, ByteString)], key: ByteString = "frodo/uuid.jpg") -> ByteString {
        LateCompletion.fileName(metadata.map { HeaderField($0.0, $0.1) }, key)
    }

    @Test(arguments: [
        ("qqfilename", "ring%20(1).txt", "ring (1).txt"), ("filename", "a+b.txt", "a+b.txt"),
        ("name", "=?UTF-8?B?w6kudHh0?=", "é.txt"), ("qqfilename", "100%.txt", "100%.txt"),
        ("qqfilename", "%00", "uuid.jpg"), ("qqfilename", "%FF", "uuid.jpg"), ("qqfilename", "", "uuid.jpg"),
        ("other", "a.txt", "uuid.jpg"),
    ])
    func readsTheUploadersMetadata(field: String, value: String, name: String) {
        #expect(self.name([(ByteString(field), ByteString(value))]) == ByteString(name))
    }

    @Test func fallsBackOnTheKey() {
        #expect(LateCompletion.fileName([], "frodo/a/b.txt") == "b.txt")
        #expect(LateCompletion.fileName([], "frodo/a/") == "file")
    }
}
