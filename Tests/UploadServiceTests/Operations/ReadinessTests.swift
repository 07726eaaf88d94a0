import FastCGI
import Glibc
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// Whether uploads would go through, and what it costs to ask.
@Suite struct ReadinessTests {
    /// A store that answers as it is told, and counts.
    private final class Store: Transport {
        let asked = Atomic<Int>(0)
        private let answer: @Sendable () throws(TransportError) -> HTTPAnswer

        init(_ answer: @escaping @Sendable () throws(TransportError) -> HTTPAnswer) { self.answer = answer }

        convenience init(_ status: Int, _ code: String, date: String = "Sun, 22 Nov 2026 12:34:56 GMT") {
            self.init { () throws(TransportError) in
                HTTPAnswer(
                    status: status,
                    headers: [HeaderField("date", ByteString(date)), HeaderField("content-length", "9")],
                    body: Array("<Error><Code>\(code)</Code></Error>".utf8))
            }
        }

        func exchange(_ request: HTTPRequest, until deadline: Deadline) throws(TransportError) -> HTTPAnswer {
            asked.add(1, ordering: .relaxed)
            return try answer()
        }
    }

    private struct Fickle: Hook {
        var isUp: Bool
        func call(_ event: HookEvent, until deadline: Deadline) -> HookVerdict { .undecided("") }
        func isThere(until deadline: Deadline) -> Bool { isUp }
    }

    private let log = LogRecorder()
    private let time = TestTime()

    /// Microseconds that pass as the test says.
    private final class TestTime: Sendable {
        private let elapsed = Atomic<Int64>(0)
        var now: Int64 { elapsed.load(ordering: .relaxed) }
        func pass(seconds: Int64) { elapsed.add(seconds * 1_000_000, ordering: .relaxed) }
    }

    private func dispatcher(
        _ store: Store, expires: Int64? = nil, hook: (any Hook)? = nil, workers: Int = 32,
        operations: OperationsDesk = OperationsDesk()
    ) throws -> Dispatcher {
        var surroundings = Surroundings.fixed(log: log)
        surroundings.stopwatch = { [time] in time.now }
        let expiration = try expires.map { try SigningTime(secondsSince1970: testTime + $0) }
        let credentials = StaticCredentials(
            Credentials(accessKeyID: "AKID", secret: Secret("secret"), expiration: expiration))
        var s3 = surroundings.ofS3
        s3.sleep = { _ in }
        let client = try S3Client(
            endpoint: try Endpoint(parsing: "https://s3.example.org"), addressing: .path, region: "eu-west-1",
            credentials: credentials, transport: store, surroundings: s3)
        let desk = StorageDesk(
            client: client, uploads: "uploads", bucket: "storage", template: try #require(StorageKeyTemplate("{uuid}")),
            claims: "claims/", permits: Permits(workers - 4))
        let site = try Site.make {
            $0.storage = desk
            $0.hook = hook.map { SiteHook($0, permits: desk.permits) }
        }
        return Dispatcher(site: site, surroundings: surroundings, operations: operations)
    }

    private func ready(_ dispatcher: Dispatcher) -> Response {
        dispatcher.respond(toOperator: .make("GET", "/upload/ready"))
    }

    @Test func ready() throws {
        let response = ready(try dispatcher(Store(404, "NoSuchKey"), expires: 3600, hook: Fickle(isUp: true)))
        #expect(response.status == 200, "\(response.text)")
        #expect(
            response.text == """
                {"ready":true,"checked":1795350896789,"credentials":{"uploads":{"ok":true},\
                "storage":{"ok":true,"expiresIn":3600}},"s3":{"ok":true},"clockDrift":0,"hook":{"ok":true}}
                """)
        #expect(!log.lines.contains { $0.contains("ready") })
    }

    @Test func looksAwayFromAProcessThatEnds() throws {
        let store = Store(404, "NoSuchKey")
        let operations = OperationsDesk()
        let dispatcher = try dispatcher(store, operations: operations)
        operations.watch { OperationsDesk.Load() }
        #expect(ready(dispatcher).status == 200)
        operations.watch {
            var load = OperationsDesk.Load()
            load.isDraining = true
            return load
        }
        let response = ready(dispatcher)
        #expect(response.status == 503 && response.header("Retry-After") != nil)
        #expect(response.text == #"{"ready":false,"draining":true}"#)
    }

    @Test(arguments: [
        (403, "AccessDenied"), (403, "InvalidAccessKeyId"), (403, "SignatureDoesNotMatch"), (404, "NoSuchBucket"),
        (500, "InternalError"),
        (503, "SlowDown"), (301, "PermanentRedirect"),
    ])
    func refused(status: Int, code: String) throws {
        let response = ready(try dispatcher(Store(status, code)))
        #expect(response.status == 503 && response.header("Retry-After") != nil)
        #expect(response.text.contains(#""ready":false"#) && response.text.contains(#""s3":{"ok":false}"#))
        #expect(!response.text.contains(code), "why is for the log")
        #expect(log.lines.contains { $0.contains("not ready") })
    }

    @Test func unreachable() throws {
        let store = Store { () throws(TransportError) in throw .unreachable("no such host") }
        #expect(ready(try dispatcher(store)).status == 503)
    }

    @Test func expired() throws {
        let response = ready(try dispatcher(Store(404, "NoSuchKey"), expires: -1))
        #expect(response.status == 503)
        #expect(response.text.contains(#""storage":{"ok":false,"expiresIn":0}"#))
    }

    @Test(arguments: [
        ("Sun, 22 Nov 2026 12:40:56 GMT", 359, 503), ("Sun, 22 Nov 2026 12:28:56 GMT", -360, 503),
        ("Sun, 22 Nov 2026 12:36:56 GMT", 119, 200),
    ])
    func drift(date: String, seconds: Int, status: Int) throws {
        let response = ready(try dispatcher(Store(404, "NoSuchKey", date: date)))
        #expect(response.status == status && response.text.contains(#""clockDrift":\#(seconds)"#), "\(response.text)")
    }

    @Test func hook() throws {
        let response = ready(try dispatcher(Store(404, "NoSuchKey"), hook: Fickle(isUp: false)))
        #expect(response.status == 503 && response.text.contains(#""hook":{"ok":false}"#))
    }

    @Test func askingManyTimesAsksOnce() throws {
        let store = Store(404, "NoSuchKey")
        let dispatcher = try dispatcher(store)
        for _ in 0..<1000 { _ = ready(dispatcher) }
        #expect(store.asked.load(ordering: .relaxed) == 1)
        time.pass(seconds: 11)
        for _ in 0..<1000 { _ = ready(dispatcher) }
        #expect(store.asked.load(ordering: .relaxed) == 2)
        dispatcher.replace(dispatcher.site)
        _ = ready(dispatcher)
        #expect(store.asked.load(ordering: .relaxed) == 3, "another site is looked into at once")
    }

    /// While one looks, the others get what is known, or that nothing is: nobody waits in line.
    @Test func oneLooksAtATime() throws {
        let gate = Atomic<Bool>(false)
        let store = Store { () throws(TransportError) in
            while !gate.load(ordering: .acquiring) { usleep(1000) }
            return HTTPAnswer(status: 404, body: Array("<Error><Code>NoSuchKey</Code></Error>".utf8))
        }
        let dispatcher = try dispatcher(store)
        let looking = startThread { _ = ready(dispatcher) }
        while store.asked.load(ordering: .relaxed) == 0 { usleep(1000) }
        let meanwhile = (0..<100).map { _ in ready(dispatcher) }
        #expect(meanwhile.allSatisfy { $0.status == 503 && $0.text == #"{"ready":false,"checking":true}"# })
        gate.store(true, ordering: .releasing)
        join(looking)
        #expect(ready(dispatcher).status == 200 && store.asked.load(ordering: .relaxed) == 1)
    }

    /// The log hears of a change, not of every look.
    @Test func changesAreNews() throws {
        let isUp = Atomic<Bool>(false)
        let store = Store { () throws(TransportError) in
            guard isUp.load(ordering: .relaxed) else { throw .untrusted("the certificate") }
            return HTTPAnswer(status: 404, body: Array("<Error><Code>NoSuchKey</Code></Error>".utf8))
        }
        let dispatcher = try dispatcher(store)
        for state in [false, false, true, true, false] {
            isUp.store(state, ordering: .relaxed)
            #expect(ready(dispatcher).status == (state ? 200 : 503))
            time.pass(seconds: 11)
        }
        let news = log.lines.filter { !$0.hasPrefix("event=s3") }
        #expect(news.map { $0.contains("not ready") } == [true, false, true], "\(news)")
    }

    @Test func signingOnly() throws {
        let dispatcher = Dispatcher(site: try .make(), surroundings: .fixed())
        let response = ready(dispatcher)
        #expect(response.status == 200)
        #expect(
            response.text
                == #"{"ready":true,"checked":1795350896789,"credentials":{"uploads":{"ok":true}}}"#)
    }
}
