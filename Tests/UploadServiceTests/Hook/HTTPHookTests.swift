import FastCGI
import S3Authorization
import S3Client
import Testing

@testable import UploadService

@Suite struct HTTPHookTests {
    private func hook(
        _ transport: OneAnswer, timeout: Int64 = 10_000, forwarding: [ByteString] = [], clock: Int64 = 0
    ) throws -> HTTPHook {
        HTTPHook(
            url: try #require(HTTPURL("https://www.example.org/hook?a=b")), signature: try .make(), timeout: timeout,
            forwarding: forwarding, transport: transport, stopwatch: { clock })
    }

    private func verdict(_ status: Int, _ body: String) throws -> HookVerdict {
        try hook(OneAnswer(status, body)).call(.make(), until: Deadline(microseconds: 1_000_000))
    }

    @Test func whatIsSent() throws {
        let transport = OneAnswer(204)
        _ = try hook(transport).call(.make(), until: Deadline(microseconds: 1_000_000))
        let request = try #require(transport.requests.first?.request)
        #expect(request.method == "POST" && request.url == "https://www.example.org/hook?a=b")
        let body =
            #"{"type":"upload.completed","timestamp":"2026-11-22T12:34:56Z","data":{"key":"frodo/1"}}"#
        #expect(String(decoding: request.body ?? [], as: UTF8.self) == body)
        #expect(request.limit == 65_536 && request.unixSocket == nil && request.timeouts.firstByte == nil)
        let signature = try WebhookSignature.make().value(
            id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", time: testTime, body: Array(body.utf8))
        #expect(
            request.headers == [
                HeaderField("Content-Type", "application/json"), HeaderField("Accept", "application/json"),
                HeaderField("webhook-id", "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"),
                HeaderField("webhook-timestamp", "1795350896"), HeaderField("webhook-signature", signature),
            ])
    }

    @Test(arguments: [(10_000, 4_000_000, 4_000_000), (3, 4_000_000, 1_003_000)] as [(Int64, Int64, Int64)])
    func theNearerDeadlineCounts(timeout: Int64, deadline: Int64, expected: Int64) throws {
        let transport = OneAnswer(204)
        _ = try hook(transport, timeout: timeout, clock: 1_000_000)
            .call(.make(), until: Deadline(microseconds: deadline))
        #expect(transport.requests.map(\.deadline.microseconds) == [expected])
    }

    /// It knows nothing of HEAD, and need not.
    @Test(arguments: [
        (200, true), (204, true), (301, true), (404, true), (405, true), (500, true), (502, false), (503, false),
    ])
    func isThere(status: Int, expected: Bool) throws {
        let transport = OneAnswer(status)
        #expect(try hook(transport).isThere(until: Deadline(microseconds: 1)) == expected)
        let request = try #require(transport.requests.first?.request)
        #expect(request.method == "HEAD" && request.headers.isEmpty && request.body == nil)
        #expect(try !hook(OneAnswer(.unreachable("refused"))).isThere(until: Deadline(microseconds: 1)))
    }

    @Test func headersThatArePassedOn() throws {
        let transport = OneAnswer(204)
        let headers = [
            HeaderField("X-Request-Id", "r1"), HeaderField("Cookie", "a=b"), HeaderField("X-Evil", "a\r\nX: y"),
            HeaderField("X-Bell", "\u{7f}"),
        ]
        _ = try hook(transport, forwarding: ["x-request-id", "X-EVIL", "X-Bell"])
            .call(.make(headers: headers), until: Deadline(microseconds: 1))
        #expect(transport.requests.first?.request.headers.dropFirst(5) == [HeaderField("X-Request-Id", "r1")])
    }

    @Test func headersOfARequest() {
        let parameters = Parameters([
            ("HTTP_X_REQUEST_ID", "r1"), ("HTTP_COOKIE", "a=b"), ("HTTP_X_EVIL", "a\nb"), ("HTTP_X_EMPTY", ""),
        ])
        let fields = ForwardedHeaders(["X-Request-Id", "X-None", "X-Evil", "X-Empty"]).fields(of: parameters)
        #expect(fields == [HeaderField("X-Request-Id", "r1")])
    }

    @Test(arguments: ["", " \n", "{}"], [200, 201, 204, 299])
    func nothingSaidIsYes(body: String, status: Int) throws {
        #expect(try verdict(status, body) == .accepted([]))
    }

    @Test func membersAreKeptAsTheyAre() throws {
        let verdict = try verdict(200, #" {"id" : 42, "a": {"b": [1, 2]}, "n": null} "#)
        #expect(verdict.members == ["id": "42", "a": #"{"b": [1, 2]}"#, "n": "null"])
    }

    @Test(arguments: ["ok", "[]", "true", "{\"a\":1,\"a\":2}", "{} {}", "{\"a\":\"\u{1}\"}", "<html>", "{"])
    func yesWithSomethingElseIsNoVerdict(body: String) throws {
        #expect(try verdict(200, body).reason?.contains("is no JSON object") == true)
    }

    @Test(arguments: [
        (422, "", HookAnswer.defaultError), (422, "<html>", HookAnswer.defaultError),
        (422, #"{"error": "Too big"}"#, "Too big"), (422, #"{"error": 7}"#, HookAnswer.defaultError),
        (422, #"{"error": " "}"#, HookAnswer.defaultError), (403, #"{"refuse": true, "error": "No room"}"#, "No room"),
        (404, #"{"refuse": true}"#, HookAnswer.defaultError), (499, #"{"refuse" : true }"#, HookAnswer.defaultError),
        (422, "{\"error\": \"a\\r\\nSet-Cookie: b\\u0000\\u009b\\u202ec\"}", "aSet-Cookie: bc"),
    ])
    func no(status: Int, body: String, error: String) throws {
        #expect(try verdict(status, body) == .refused(error))
    }

    @Test func anErrorIsCutBetweenCharacters() throws {
        let verdict = try verdict(422, "{\"error\": \"a\(String(repeating: "é", count: 400))\"}")
        #expect(verdict == .refused("a" + String(repeating: "é", count: 249)))
    }

    @Test(
        arguments: [300, 302, 307, 400, 401, 403, 404, 409, 410, 429, 500, 502, 503],
        ["", #"{"error": "x"}"#, #"{"refuse": false}"#, #"{"refuse": "true"}"#, #"{"refuse": true, "refuse": true}"#])
    func everythingElseIsNoVerdict(status: Int, body: String) throws {
        #expect(try verdict(status, body) == .undecided("the hook answered \(status)"))
    }

    @Test func onlyAClientErrorRefuses() throws {
        #expect(try verdict(500, #"{"refuse": true}"#) == .undecided("the hook answered 500"))
        #expect(try verdict(302, #"{"refuse": true}"#) == .undecided("the hook answered 302"))
    }

    @Test(arguments: ["", "a.b", "a b", "a\r\nb", "é", String(repeating: "a", count: 257)])
    func anIdThatCannotBeSigned(id: String) throws {
        let transport = OneAnswer(200)
        var event = HookEvent.make()
        event.id = ByteString(id)
        #expect(try hook(transport).call(event, until: Deadline(microseconds: 1)).reason != nil)
        #expect(transport.requests.isEmpty)
    }

    @Test func aTimeOutsideTheCalendar() throws {
        var event = HookEvent.make()
        event.time = -1
        #expect(try hook(OneAnswer(200)).call(event, until: Deadline(microseconds: 1)).reason != nil)
    }
}
