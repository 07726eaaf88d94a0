import S3Authorization
import S3Client
import Synchronization
import Testing

/// Tries, pauses and deadlines, with an S3 that follows a script on a clock that stands still.
@Suite struct RetryTests {
    let place = ObjectLocation(bucket: "uploads", key: "sam/a")
    let long = Deadline(microseconds: 50_000_000)

    static let transient: [ScriptedTransport.Step] = [
        .answer(.error(500, "InternalError")), .answer(.error(503, "SlowDown")), .answer(.text(502, "<html>")),
        .answer(.text(504)), .answer(.error(429, "TooManyRequests")), .answer(.error(400, "RequestTimeout")),
        .answer(.error(409, "ConditionalRequestConflict")), .answer(.error(200, "InternalError")),
        .answer(.error(200, "SlowDown")), .answer(.text(200, "<html>proxy login</html>")), .answer(.text(200)),
        .answer(.text(200, "<CopyObjectResult><LastModified>2")), .answer(.text(200, "<CopyObjectResult/>")),
        .answer(.text(200, "<CopyObjectResult><!-- <ETag>x</ETag> --></CopyObjectResult>")),
        .answer(.text(200, "<CopyObjectResult><ETag></ETag></CopyObjectResult>")),
        .failure(.interrupted("reset")), .failure(.unreachable("refused")), .failure(.timedOut),
        .failure(.badAnswer("bad chunk")),
    ]

    @Test(arguments: transient.indices) func `a copy is tried again, four times in all`(index: Int) throws {
        let step = Self.transient[index]
        let source = CopySource(place, etag: try #require(ETag(parsing: "aa")))
        let (client, once) = try S3Client.make([step, .answer(.copied)])
        #expect(try client.copy(source, to: place, until: long).etag.text == "aa")
        #expect(once.requests.count == 2)

        let clock = TestClock()
        let (second, always) = try S3Client.make([step], clock: clock)
        #expect(throws: S3Error.self) { try second.copy(source, to: place, until: long) }
        #expect(always.requests.count == 4)
        #expect(clock.slept == [100_000, 200_000, 400_000])
    }

    static let final: [(ScriptedTransport.Step, S3Error)] = [
        (
            .answer(.error(403, "AccessDenied")),
            .refused(S3Error.Refusal(status: 403, code: "AccessDenied", message: "x", requestID: "R"))
        ),
        (
            .answer(.error(400, "InvalidRequest")),
            .refused(S3Error.Refusal(status: 400, code: "InvalidRequest", message: "x", requestID: "R"))
        ),
        (.answer(.error(412, "PreconditionFailed")), .preconditionFailed), (.answer(.text(412)), .preconditionFailed),
        (.answer(.error(200, "PreconditionFailed")), .preconditionFailed),
        (.answer(.error(404, "NoSuchKey")), .notFound(code: "NoSuchKey")),
        (.answer(.error(404, "NoSuchBucket")), .notFound(code: "NoSuchBucket")),
        (.answer(.text(404)), .notFound(code: "")),
        (
            .answer(.error(301, "PermanentRedirect", [HeaderField("x-amz-bucket-region", "eu-west-3")])),
            .redirected(region: "eu-west-3")
        ),
        (
            .answer(.error(307, "TemporaryRedirect", [HeaderField("location", "http://169.254.169.254/latest/")])),
            .redirected(region: nil)
        ), (.answer(.text(302, "", [HeaderField("x-amz-bucket-region", "a\u{1b}[2J")])), .redirected(region: nil)),
        (.failure(.answerTooLarge), .answerTooLarge),
        (.failure(.untrusted("expired")), .unreachable(.certificate("expired"))),
        (.failure(.library("none")), .unreachable(.library("none"))),
    ]

    @Test(arguments: final.indices) func `what will not change is not tried again`(index: Int) throws {
        let (step, error) = Self.final[index]
        let source = CopySource(place, etag: try #require(ETag(parsing: "aa")))
        let (client, transport) = try S3Client.make([step])
        #expect(throws: error) { try client.copy(source, to: place, until: long) }
        #expect(transport.requests.count == 1)
    }

    @Test func `a store that knows no tags is asked again without a word of them`() throws {
        let source = CopySource(place, etag: try #require(ETag(parsing: "aa")))
        let (client, transport) = try S3Client.make([.answer(.error(501, "NotImplemented")), .answer(.copied)])
        #expect(try client.copy(source, to: place, until: long).etag.text == "aa")
        let headers = transport.requests.map { $0.headers.filter { $0.name.begins(with: "x-amz-") }.map(\.name) }
        try #require(headers.count == 2)
        #expect(headers[0].filter { $0 != "x-amz-tagging-directive" } == headers[1])
        #expect(headers[1].contains("x-amz-metadata-directive") && headers[1].contains("x-amz-copy-source-if-match"))

        let (second, always) = try S3Client.make([.answer(.error(501, "NotImplemented"))])
        let refusal = S3Error.Refusal(status: 501, code: "NotImplemented", message: "x", requestID: "R")
        #expect(throws: S3Error.refused(refusal)) { try second.copy(source, to: place, until: long) }
        #expect(always.requests.count == 2)
    }

    @Test func `the deadline is one for all tries`() throws {
        let clock = TestClock()
        let slow = ScriptedTransport.Step.after(400_000, .answer(.error(503, "SlowDown")))
        let (client, transport) = try S3Client.make([slow], clock: clock)
        #expect(throws: S3Error.self) { try client.head(place, until: Deadline(microseconds: 1_000_000)) }
        // 400 + 100 + 400 ms; the next pause of up to 200 ms would end after the deadline.
        #expect(transport.requests.count == 2)
        #expect(clock.stopwatch == 900_000)
    }

    @Test func `an answer that never comes ends at the deadline`() throws {
        let clock = TestClock()
        let (client, transport) = try S3Client.make([.after(.max, .answer(.head))], clock: clock)
        #expect(throws: S3Error.timedOut) { try client.head(place, until: Deadline(microseconds: 700_000)) }
        #expect(clock.stopwatch == 700_000)
        #expect(transport.requests.count == 1)
        #expect(throws: S3Error.timedOut) { try client.head(place, until: Deadline(microseconds: 700_000)) }
        #expect(transport.requests.count == 1)
    }

    @Test(arguments: [("3", 3_000_000), ("0", 100_000), ("86400", 10_000_000), ("soon", 100_000), ("-1", 100_000)])
    func `Retry-After is honoured within bounds`(value: String, pause: Int64) throws {
        let clock = TestClock()
        let busy = HTTPAnswer.error(503, "SlowDown", [HeaderField("retry-after", ByteString(value))])
        let (client, _) = try S3Client.make([.answer(busy), .answer(.head)], clock: clock)
        _ = try client.head(place, until: long)
        #expect(clock.slept == [pause])
    }

    @Test func `a pause that S3 asks for and that is too long is not waited`() throws {
        let clock = TestClock()
        let busy = HTTPAnswer.error(503, "SlowDown", [HeaderField("retry-after", "9")])
        let (client, _) = try S3Client.make([.answer(busy)], clock: clock)
        #expect(throws: S3Error.self) { try client.head(place, until: Deadline(microseconds: 5_000_000)) }
        #expect(clock.slept == [])
    }

    @Test func `a lost answer to a conditional write reads as a failed condition`() throws {
        let (client, transport) = try S3Client.make([
            .failure(.interrupted("reset")), .answer(.error(412, "PreconditionFailed")),
        ])
        #expect(throws: S3Error.preconditionFailed) {
            try client.put(place, body: [1], contentType: "a/b", condition: .absent, until: long)
        }
        #expect(transport.requests.count == 2)
        #expect(transport.requests.allSatisfy { $0.headers.contains(HeaderField("If-None-Match", "*")) })
    }

    @Test func `a clock that S3 calls wrong is put right once`() throws {
        let date = HeaderField("date", "Sun, 22 Nov 2026 09:00:00 GMT")
        let skewed = HTTPAnswer.error(403, "RequestTimeTooSkewed", [date])
        let (client, transport) = try S3Client.make([.answer(skewed), .answer(.written)])
        _ = try client.put(place, body: [], contentType: "a/b", until: long)
        #expect(client.clockOffset == 3600)
        let dates = transport.requests.map { $0.headers.first { $0.name == "x-amz-date" }?.value }
        #expect(dates == ["20261122T080000Z", "20261122T090000Z"])

        let (other, always) = try S3Client.make([.answer(skewed)])
        #expect(throws: S3Error.self) { try other.put(place, body: [], contentType: "a/b", until: long) }
        #expect(always.requests.count == 2)
    }

    @Test(arguments: ["Sun, 22 Nov 2026 23:59:60 GMT", "", "yesterday"])
    func `a date that is none changes nothing`(date: String) throws {
        let skewed = HTTPAnswer.error(403, "RequestTimeTooSkewed", [HeaderField("date", ByteString(date))])
        let (client, transport) = try S3Client.make([.answer(skewed)])
        #expect(throws: S3Error.self) { try client.put(place, body: [], contentType: "a/b", until: long) }
        #expect(client.clockOffset == 0)
        #expect(transport.requests.count == 1)
    }

    @Test func `a token that has expired is replaced once`() throws {
        let provider = Counting()
        let (client, transport) = try S3Client.make(
            [.answer(.error(400, "ExpiredToken")), .answer(.written)], credentials: provider)
        _ = try client.put(place, body: [], contentType: "a/b", until: long)
        let tokens = transport.requests.map { $0.headers.first { $0.name == "x-amz-security-token" }?.value }
        #expect(tokens == ["token-0", "token-1"])

        let (other, always) = try S3Client.make([.answer(.error(400, "ExpiredToken"))], credentials: Counting())
        #expect(throws: S3Error.self) { try other.put(place, body: [], contentType: "a/b", until: long) }
        #expect(always.requests.count == 2)
    }

    @Test func `every try is heard of, and no secret with it`() throws {
        let heard = Mutex<[Attempt]>([])
        let broken = HTTPAnswer.error(500, "InternalError", [HeaderField("x-amz-request-id", "TX1")])
        let (client, _) = try S3Client.make([.answer(broken), .answer(.head)]) { attempt in
            heard.withLock { $0.append(attempt) }
        }
        _ = try client.head(place, until: long)
        let attempts = heard.withLock { $0 }
        #expect(attempts.map(\.number) == [1, 2])
        #expect(attempts.map(\.status) == [500, 200])
        #expect(attempts.first?.requestID == "TX1")
        #expect(attempts.last?.failure == nil)
        var dumped = ""
        dump(client, to: &dumped)
        dump(attempts, to: &dumped)
        #expect(!dumped.contains(S3Client.exampleSecret))
    }

    /// Gives `token-0` until that is rejected, then `token-1`, and so on.
    final class Counting: CredentialsProvider {
        private let number = Atomic(0)

        func credentials(until deadline: Deadline) -> Credentials {
            let token = ByteString("token-\(number.load(ordering: .relaxed))")
            return Credentials(accessKeyID: "AKIA", secret: Secret("s"), sessionToken: token)
        }

        func reject(_ credentials: Credentials) {
            number.add(1, ordering: .relaxed)
        }
    }
}
