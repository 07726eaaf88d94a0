import S3Authorization
import S3Client
import Testing

/// What a look at S3 tells: whether it knows us, and how late it is there.
@Suite struct ReachabilityTests {
    private let place = ObjectLocation(bucket: "storage", key: "claims/probe")
    private let long = Deadline(microseconds: 50_000_000)

    private func obstacle(_ step: ScriptedTransport.Step, mayBeDenied: Bool = false) throws -> S3Error? {
        let (client, _) = try S3Client.make([step, step, step, step])
        return client.obstacle(at: place, mayBeDenied: mayBeDenied, until: long)
    }

    @Test func nothingInTheWay() throws {
        #expect(try obstacle(.answer(.error(404, "NoSuchKey"))) == nil)
        #expect(try obstacle(.answer(.error(403, "AccessDenied")), mayBeDenied: true) == nil)
        let found = HTTPAnswer.text(206, "{", [HeaderField("etag", "\"a\""), HeaderField("content-length", "1")])
        #expect(try obstacle(.answer(found)) == nil)
    }

    @Test(arguments: [
        (403, "AccessDenied"), (403, "InvalidAccessKeyId"), (403, "SignatureDoesNotMatch"),
        (403, "RequestTimeTooSkewed"),
        (404, "NoSuchBucket"), (500, "InternalError"), (403, ""),
    ])
    func somethingInTheWay(status: Int, code: String) throws {
        #expect(try obstacle(.answer(.error(status, code))) != nil)
    }

    @Test func nobodyThere() throws {
        #expect(try obstacle(.failure(.unreachable("refused"))) == .unreachable(.connection("refused")))
        #expect(try obstacle(.failure(.timedOut)) == .timedOut)
    }

    /// 2026-11-22 08:00:00 UTC is our time.
    @Test(
        arguments: [
            ("Sun, 22 Nov 2026 08:00:00 GMT", 0), ("Sun, 22 Nov 2026 08:02:00 GMT", 120),
            ("Sun, 22 Nov 2026 07:59:00 GMT", -59), ("yesterday", nil),
        ] as [(String, Int64?)])
    func drift(date: String, seconds: Int64?) throws {
        let answer = HTTPAnswer.error(404, "NoSuchKey", [HeaderField("date", ByteString(date))])
        let (client, _) = try S3Client.make([.answer(answer)])
        #expect(client.drift == nil)
        _ = client.obstacle(at: place, until: long)
        #expect(client.drift == seconds)
    }
}
