import S3Authorization
import Synchronization
import Testing

@testable import S3Client

@Suite struct AssumeRoleTests {
    static let soon = Deadline(microseconds: 10_000_000)

    static func answer(
        id: String = "ASIALENT", secret: String = "lent/secret", token: String? = "lent+token=",
        expiration: String? = "2026-11-22T09:00:00Z"
    ) -> HTTPAnswer {
        .text(
            200,
            """
            <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
              <SourceIdentity>Alice</SourceIdentity>
              <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/demo/frodo</Arn>
                <AssumedRoleId>ARO123EXAMPLE123:frodo</AssumedRoleId></AssumedRoleUser>
              <Credentials><AccessKeyId>\(id)</AccessKeyId><SecretAccessKey>\(secret)</SecretAccessKey>
                \(token.map { "<SessionToken>\n \($0)\n</SessionToken>" } ?? "")
                \(expiration.map { "<Expiration>\($0)</Expiration>" } ?? "")</Credentials>
              <PackedPolicySize>8</PackedPolicySize></AssumeRoleResult>
              <ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata></AssumeRoleResponse>
            """)
    }

    /// As Amazon writes it, and as Ceph does.
    static func refusal(_ status: Int, _ code: String, isAmazon: Bool = true) -> HTTPAnswer {
        let error = "<Error><Type>Sender</Type><Code>\(code)</Code><Message>why not</Message></Error>"
        return .text(
            status,
            isAmazon
                ? "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\(error)<RequestId>R</RequestId></ErrorResponse>"
                : "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\(error)")
    }

    final class Key: CredentialsProvider {
        private let current: Mutex<[Credentials]>
        let rejected = Mutex<[String]>([])

        init(_ ids: [ByteString]) {
            current = Mutex(ids.map { Credentials(accessKeyID: $0, secret: Secret("own")) })
        }

        func credentials(until deadline: Deadline) throws(CredentialsError) -> Credentials {
            guard let known = current.withLock({ $0.first }) else { throw .unavailable("the agent is down") }
            return known
        }

        func reject(_ credentials: Credentials) {
            rejected.withLock { $0.append(credentials.accessKeyID.description) }
            current.withLock { if $0.count > 1 { $0.removeFirst() } }
        }
    }

    struct Setting {
        let role: AssumeRole
        let transport: ScriptedTransport
        let clock: TestClock

        init(
            _ steps: [ScriptedTransport.Step], key: any CredentialsProvider = Key(["AKIAOWN"]),
            externalID: ByteString? = nil, observe: @escaping @Sendable (Attempt) -> Void = { _ in }
        ) throws {
            clock = TestClock()
            transport = ScriptedTransport(steps, clock: clock)
            role = try AssumeRole(
                role: "arn:aws:iam::123456789012:role/demo", duration: 900, externalID: externalID,
                endpoint: try Endpoint(parsing: "https://sts.eu-west-1.amazonaws.com"), region: "eu-west-1",
                credentials: key, transport: transport, surroundings: clock.surroundings(observe: observe))
        }

        func lend(clockOffset: Int64 = 0) throws -> Credentials {
            let prefix = try KeyPrefix(user: "frodo")
            let policy = try SessionPolicy(bucket: "uploads", prefix: prefix, acl: nil, partition: "aws")
            return try role.credentials(
                for: RoleSessionName(user: "frodo"), limitedTo: policy, clockOffset: clockOffset,
                until: AssumeRoleTests.soon)
        }
    }

    @Test(arguments: [nil, "123ABC"] as [ByteString?])
    func `asks for a role with a policy`(externalID: ByteString?) throws {
        let setting = try Setting([.answer(Self.answer())], externalID: externalID)
        let lent = try setting.lend()
        #expect(lent.accessKeyID == "ASIALENT" && lent.secret == Secret("lent/secret"))
        #expect(lent.sessionToken == "lent+token=")
        #expect(lent.expiration == (try SigningTime(parsing: "2026-11-22T09:00:00Z", as: .extended)))
        let request = try #require(setting.transport.requests.first)
        #expect(request.method == "POST" && request.url == "https://sts.eu-west-1.amazonaws.com/")
        let policy = try SessionPolicy(
            bucket: "uploads", prefix: KeyPrefix(user: "frodo"), acl: nil, partition: "aws")
        let encoded = PercentEncoding.encode(policy.json)
        #expect(
            String(decoding: request.body ?? [], as: UTF8.self)
                == "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fdemo"
                + "&RoleSessionName=frodo&DurationSeconds=900&Policy=\(encoded)"
                + (externalID.map { "&ExternalId=\($0)" } ?? ""))
        let authorization = request.headers.last?.value.description ?? ""
        #expect(authorization.contains("Credential=AKIAOWN/20261122/eu-west-1/sts/aws4_request, "))
        #expect(request.headers.contains(HeaderField("x-amz-date", "20261122T080000Z")))
    }

    @Test func `signs by S3's clock`() throws {
        let setting = try Setting([.answer(Self.answer())])
        _ = try setting.lend(clockOffset: -600)
        let request = try #require(setting.transport.requests.first)
        #expect(request.headers.contains(HeaderField("x-amz-date", "20261122T075000Z")))
    }

    /// Ceph writes nine digits of a second.
    @Test(arguments: ["2026-11-22T09:00:00.398908017Z", "2026-11-22T09:00:00.5Z", "2026-11-22T09:00:00Z"])
    func `takes fractions of a second`(time: String) throws {
        let lent = try Setting([.answer(Self.answer(expiration: time))]).lend()
        #expect(lent.expiration == (try SigningTime(parsing: "2026-11-22T09:00:00Z", as: .extended)))
    }

    @Test(arguments: [
        answer(token: nil), answer(token: ""), answer(expiration: nil), answer(expiration: "soon"),
        answer(expiration: "2026-11-22T09:00:00.Z"), answer(expiration: "2026-11-22T09:00:00.1234567890Z"),
        answer(expiration: "2026-11-22T08:00:00Z"), answer(expiration: "2020-01-01T00:00:00Z"), answer(id: ""),
        answer(secret: ""), answer(id: "a b"), answer(token: "a\u{7f}b"), .text(200), .text(200, "{}"),
        .text(200, "<AssumeRoleResponse/>"), .text(200, String("<AssumeRoleResponse><AssumeRoleResult>")),
        .text(200, "<AssumeRoleResponse><AssumeRoleResult><Credentials/></AssumeRoleResult></AssumeRoleResponse>"),
        .text(200, "<GetSessionTokenResponse></GetSessionTokenResponse>"),
    ])
    func `takes no half answer for a key`(answer: HTTPAnswer) throws {
        let setting = try Setting([.answer(answer)])
        let error = #expect(throws: S3Error.self) { try setting.lend() }
        guard case .badAnswer = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(setting.transport.requests.count == 3, "tried again: it may have been cut short")
    }

    @Test(
        arguments: [true, false],
        [(403, "AccessDenied"), (400, "MalformedPolicyDocument"), (404, "NoSuchEntity"), (200, "AccessDenied")])
    func `says why it was refused`(isAmazon: Bool, refusal: (status: Int, code: String)) throws {
        let setting = try Setting([.answer(Self.refusal(refusal.status, refusal.code, isAmazon: isAmazon))])
        let expected = S3Error.refused(
            S3Error.Refusal(status: refusal.status, code: ByteString(refusal.code), message: "why not"))
        let error = #expect(throws: expected) { try setting.lend() }
        #expect(error?.text(of: "STS") == "STS answers \(refusal.status) \(refusal.code): why not")
        #expect(setting.transport.requests.count == 1)
    }

    @Test(
        arguments: [
            .answer(refusal(400, "Throttling")), .answer(refusal(503, "ServiceUnavailable")), .answer(.text(500)),
            .answer(refusal(200, "InternalError")), .failure(.timedOut), .failure(.interrupted("reset")),
            .failure(.unreachable("nobody")),
        ] as [ScriptedTransport.Step])
    func `tries again what may pass`(step: ScriptedTransport.Step) throws {
        let good = try Setting([step, step, .answer(Self.answer())])
        #expect(try good.lend().accessKeyID == "ASIALENT")
        #expect(good.clock.slept.count == 2)
        let bad = try Setting([step])
        #expect(throws: S3Error.self) { try bad.lend() }
        #expect(bad.transport.requests.count == 3)
    }

    @Test(arguments: [TransportError.answerTooLarge, .untrusted("self-signed"), .library("missing")])
    func `gives up at once what does not pass`(error: TransportError) throws {
        let setting = try Setting([.failure(error)])
        #expect(throws: S3Error(error)) { try setting.lend() }
        #expect(setting.transport.requests.count == 1)
    }

    @Test func `follows no redirect`() throws {
        let away = HTTPAnswer.text(307, "", [HeaderField("location", "https://elsewhere.example/")])
        let setting = try Setting([.answer(away)])
        #expect(throws: S3Error.redirected(region: nil)) { try setting.lend() }
        #expect(setting.transport.requests.count == 1)
    }

    @Test(arguments: [true, false])
    func `renews its own key once`(helps: Bool) throws {
        let key = Key(["ASIAOLD", "ASIANEW"])
        let expired = ScriptedTransport.Step.answer(Self.refusal(403, "ExpiredToken"))
        let setting = try Setting([expired, helps ? .answer(Self.answer()) : expired], key: key)
        if helps {
            #expect(try setting.lend().accessKeyID == "ASIALENT")
        } else {
            #expect(throws: S3Error.self) { try setting.lend() }
        }
        #expect(key.rejected.withLock { $0 } == ["ASIAOLD"])
        let second = setting.transport.requests.last?.headers.last?.value.description ?? ""
        #expect(setting.transport.requests.count == 2 && second.contains("Credential=ASIANEW/"))
    }

    @Test func `needs a key of its own`() throws {
        let setting = try Setting([.answer(Self.answer())], key: Key([]))
        #expect(throws: S3Error.credentials(.unavailable("the agent is down"))) { try setting.lend() }
        #expect(setting.transport.requests.isEmpty)
    }

    @Test func `is counted and tells no secret`() throws {
        let attempts = Mutex<[Attempt]>([])
        let setting = try Setting([.answer(.text(500)), .answer(Self.answer())]) { attempt in
            attempts.withLock { $0.append(attempt) }
        }
        let lent = try setting.lend()
        let seen = attempts.withLock { $0 }
        #expect(seen.map(\.operation) == [.assumeRole, .assumeRole] && seen.map(\.number) == [1, 2])
        #expect(seen.map(\.status) == [500, 200] && seen[1].failure == nil)
        var text = "\(lent) \(seen)"
        dump(seen, to: &text)
        dump(lent, to: &text)
        #expect(!text.contains("lent/secret") && !text.contains("lent+token="))
    }
}
