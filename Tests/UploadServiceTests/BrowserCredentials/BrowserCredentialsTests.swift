import FastCGI
import Foundation
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// `GET prefix?credentials` and `GET s3/sts`: who gets a key, and in which words.
@Suite struct BrowserCredentialsTests {
    /// An STS that answers as it is told, and remembers what it was asked.
    final class STS: Transport {
        let asked = Mutex<[HTTPRequest]>([])
        let answer = Mutex<Result<HTTPAnswer, TransportError>>(.success(STS.good))

        func exchange(_ request: HTTPRequest, until deadline: Deadline) throws(TransportError) -> HTTPAnswer {
            asked.withLock { $0.append(request) }
            return try answer.withLock { $0 }.get()
        }

        static let good = HTTPAnswer(
            status: 200,
            body: Array(
                """
                <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIALENT</AccessKeyId>
                <SecretAccessKey>lent/secret+</SecretAccessKey><SessionToken>lent/token+=</SessionToken>
                <Expiration>2026-11-22T13:34:56Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
                """.utf8))

        var bodies: [String] { asked.withLock { $0 }.map { String(decoding: $0.body ?? [], as: UTF8.self) } }
    }

    private let sts = STS()
    private let log = LogRecorder()

    private func dispatcher(
        permits: Int = 4, deadline: Int64 = 10_000, _ change: (inout Site) -> Void = { _ in }
    ) throws -> Dispatcher {
        let surroundings = S3Surroundings(
            now: { testTime * 1000 }, stopwatch: { 0 }, random: { [UInt8](repeating: 0, count: $0) }, sleep: { _ in })
        let role = try AssumeRole(
            role: "arn:aws:iam::123456789012:role/browsers", duration: 3600,
            endpoint: try Endpoint(parsing: "https://sts.us-east-1.amazonaws.com"), region: "us-east-1",
            credentials: StaticCredentials(.test), transport: sts, surroundings: surroundings)
        let site = try Site.make {
            $0.browserCredentials = BrowserCredentialsDesk(role: role, permits: Permits(permits))
            $0.browserCredentials?.deadline = deadline
            change(&$0)
        }
        return Dispatcher(site: site, surroundings: .fixed(log: log))
    }

    private func ask(
        _ dispatcher: Dispatcher, _ path: String = "/upload/prefix", method: String = "GET",
        query: String = "credentials",
        user: String? = "frodo", _ more: [String: String] = [:]
    ) -> Response {
        dispatcher.respond(to: .make(method, path, user: user, ["QUERY_STRING": query].merging(more) { $1 }))
    }

    private static let plain =
        #"{"prefix":"frodo/","bucket":"uploads","accessKey":"AKIDEXAMPLE","region":"us-east-1","#
        + #""endpoint":"https://uploads.s3.us-east-1.amazonaws.com/","maxSize":5368709120,"acl":"private","#
        + #""signatureVersions":[2,4],"now":1795350896789"#

    @Test(arguments: ["credentials", "credentials=", "credentials=true", "a=b&credentials", "credentials&a"])
    func aPageThatAsksGetsAKey(query: String) throws {
        let response = ask(try dispatcher(), query: query)
        #expect(
            response.text == Self.plain
                + #","credentials":{"accessKey":"ASIALENT","secretKey":"lent/secret+","sessionToken":"lent/token+=","#
                + #""expiration":"2026-11-22T13:34:56Z"}}"#)
        #expect(response.status == 200 && response.header("Cache-Control") == "no-store")
        #expect(response.header("X-Content-Type-Options") == "nosniff")
        let body = try #require(sts.bodies.first)
        #expect(sts.bodies.count == 1 && body.contains("&RoleSessionName=frodo&DurationSeconds=3600&Policy=%7B"))
        #expect(body.contains("arn%3Aaws%3As3%3A%3A%3Auploads%2Ffrodo%2F%2A"))
        let line = try #require(log.lines.last)
        #expect(line.contains("action=prefix operation=credentials status=200 user=frodo"))
        #expect(line.contains("lent_key=ASIALENT"))
        #expect(!line.contains("lent/secret") && !line.contains("lent/token"))
    }

    @Test(arguments: [
        ("GET", ""), ("GET", "credential"), ("GET", "Credentials"), ("GET", "a=credentials"), ("GET", "xcredentials"),
        ("HEAD", "credentials"),
    ])
    func aPageThatDoesNotAskGetsNone(method: String, query: String) throws {
        let response = ask(try dispatcher(), method: method, query: query)
        #expect(response.text == (method == "HEAD" ? "" : Self.plain + "}") && response.status == 200)
        #expect(sts.bodies.isEmpty)
        #expect(log.lines.last?.contains("operation") == false)
    }

    @Test func companionsWords() throws {
        let response = ask(try dispatcher(), "/upload/s3/sts", query: "")
        #expect(
            response.text == #"{"credentials":{"AccessKeyId":"ASIALENT","SecretAccessKey":"lent/secret+","#
                + #""SessionToken":"lent/token+=","Expiration":"2026-11-22T13:34:56Z","accessKeyId":"ASIALENT","#
                + #""secretAccessKey":"lent/secret+","sessionToken":"lent/token+=","expiration":"2026-11-22T13:34:56Z"},"#
                + #""bucket":"uploads","region":"us-east-1","prefix":"frodo/"}"#)
        #expect(response.header("Cache-Control") == "no-store")
    }

    @Test(arguments: ["/upload/prefix", "/upload/s3/sts"])
    func offByDefault(path: String) throws {
        let response = ask(try dispatcher { $0.browserCredentials = nil }, path)
        if path == "/upload/prefix" {
            DispatcherTests.expectError(response, 404, "not_configured", "This site hands no keys to browsers")
        } else {
            DispatcherTests.expectError(
                response, 400, "no_sts", "This Companion server does not support STS credentials")
        }
        #expect(sts.bodies.isEmpty)
    }

    @Test(
        arguments: ["/upload/prefix", "/upload/s3/sts"],
        [
            ["HTTP_ORIGIN": "https://evil.org"], ["HTTP_ORIGIN": "null"], ["HTTP_SEC_FETCH_SITE": "cross-site"],
            ["HTTP_SEC_FETCH_SITE": "same-site"],
            ["HTTP_ORIGIN": "https://www.example.org", "HTTP_SEC_FETCH_SITE": "cross-site"],
            ["HTTP_ORIGIN": "https://app.example.org.evil.org"],
        ])
    func pagesOfOthersGetNone(path: String, headers: [String: String]) throws {
        let dispatcher = try dispatcher { $0.origins = [HTTPURL("https://app.example.org")].compactMap { $0 } }
        let response = ask(dispatcher, path, headers)
        DispatcherTests.expectError(response, 403, "foreign_origin", "Pages of another site may not do this")
        #expect(response.header("Access-Control-Allow-Origin") == nil && sts.bodies.isEmpty)
        // The ordinary answer holds nothing that such a page could use, and is what it was.
        #expect(ask(dispatcher, query: "", headers).status == 200)
    }

    @Test func pagesOfAllowedOriginsGetOne() throws {
        let dispatcher = try dispatcher { $0.origins = [HTTPURL("https://app.example.org")].compactMap { $0 } }
        for path in ["/upload/prefix", "/upload/s3/sts"] {
            let response = ask(
                dispatcher, path, ["HTTP_ORIGIN": "https://app.example.org", "HTTP_SEC_FETCH_SITE": "same-site"])
            #expect(response.status == 200)
            #expect(response.header("Access-Control-Allow-Origin") == "https://app.example.org")
            #expect(response.header("Vary") == "Origin")
        }
    }

    @Test func nobodyGetsNone() throws {
        let dispatcher = try dispatcher()
        for path in ["/upload/prefix", "/upload/s3/sts"] {
            DispatcherTests.expectError(ask(dispatcher, path, user: nil), 403, "login_required")
            DispatcherTests.expectError(ask(dispatcher, path, method: "POST"), 405, "method_not_allowed")
        }
        #expect(sts.bodies.isEmpty)
    }

    @Test func anonymousBrowsersHaveTheirOwn() throws {
        let dispatcher = try dispatcher { $0.anonymous = AnonymousCookie(secret: Secret("cookie")) }
        let response = ask(dispatcher, user: nil)
        #expect(response.json["prefix"] as? String == "~000102030405060708090a0b0c0d0e0f/")
        #expect(response.json["credentials"] != nil && response.header("Set-Cookie")?.contains("countersign=") == true)
        let body = try #require(sts.bodies.first)
        #expect(body.contains("uploads%2F~000102030405060708090a0b0c0d0e0f%2F%2A"))
        #expect(body.contains("&RoleSessionName=%3D"), "the name has a ~, so it is a digest")
        // Uppy's route knows a browser by its cookie only.
        DispatcherTests.expectError(ask(dispatcher, "/upload/s3/sts", user: nil), 403, "login_required")
        #expect(sts.bodies.count == 1)
    }

    @Test func eachAsksAnew() throws {
        let dispatcher = try dispatcher()
        for user in ["frodo", "frodo", "sam"] { #expect(ask(dispatcher, user: user).status == 200) }
        #expect(sts.bodies.count == 3 && sts.bodies[2].contains("uploads%2Fsam%2F%2A"))
    }

    private static func refusal(_ status: Int, _ code: String) -> Result<HTTPAnswer, TransportError> {
        .success(
            HTTPAnswer(
                status: status,
                body: Array(
                    "<ErrorResponse><Error><Code>\(code)</Code><Message>arn:aws:iam::123456789012:user/x may not</Message></Error></ErrorResponse>"
                        .utf8)))
    }

    @Test(
        arguments: [
            (refusal(403, "AccessDenied"), 502, "sts_failed", "STS answers 403 AccessDenied"),
            (refusal(404, "NoSuchEntity"), 502, "sts_failed", "STS answers 404 NoSuchEntity"),
            (refusal(400, "ValidationError"), 502, "sts_failed", "STS answers 400 ValidationError"),
            (refusal(400, "Throttling"), 503, "sts_unavailable", "STS answers 400 Throttling"),
            (refusal(503, "ServiceUnavailable"), 503, "sts_unavailable", "STS answers 503 ServiceUnavailable"),
            (
                .success(HTTPAnswer(status: 200, body: Array("<AssumeRoleResponse>".utf8))), 503, "sts_unavailable",
                "STS's answer is none"
            ),
            (.success(HTTPAnswer(status: 302)), 502, "sts_failed", "STS redirects elsewhere"),
            (.failure(.answerTooLarge), 502, "sts_failed", "STS's answer is too large"),
            (.failure(.timedOut), 503, "sts_unavailable", "STS does not answer in time"),
            (.failure(.unreachable("nobody listens")), 503, "sts_unavailable", "STS cannot be reached: nobody listens"),
            (.failure(.untrusted("self-signed")), 502, "sts_failed", "STS is not trusted: self-signed"),
        ] as [(Result<HTTPAnswer, TransportError>, Int, String, String)])
    func saysThatThereIsNone(
        answer: Result<HTTPAnswer, TransportError>, status: Int, code: String, cause: String
    ) throws {
        sts.answer.withLock { $0 = answer }
        let dispatcher = try dispatcher()
        for path in ["/upload/prefix", "/upload/s3/sts"] {
            let response = ask(dispatcher, path)
            DispatcherTests.expectError(response, status, code)
            #expect(response.header("Retry-After") == (status == 503 ? "5" : "30"))
            #expect(!response.text.contains("arn:") && !response.text.contains("STS"))
            #expect(response.json["credentials"] == nil && response.json["prefix"] == nil)
            #expect(log.lines.last?.contains(#"cause="\#(cause)"#) == true, "\(log.lines)")
        }
    }

    @Test func withoutAKeyOfOurOwn() throws {
        struct None: CredentialsProvider {
            func credentials(until deadline: Deadline) throws(CredentialsError) -> Credentials {
                throw .unavailable("the agent is down")
            }
        }
        let dispatcher = try dispatcher { $0.browserCredentials?.role.credentials = None() }
        DispatcherTests.expectError(ask(dispatcher), 503, "no_credentials")
        #expect(sts.bodies.isEmpty)
    }

    @Test func aNameThatIsTooLong() throws {
        let dispatcher = try dispatcher { $0.rules.rules.bucket = ByteString(String(repeating: "b", count: 63)) }
        DispatcherTests.expectError(
            ask(dispatcher, user: String(repeating: "ü", count: 128)), 403, "user_name_too_long")
        #expect(sts.bodies.isEmpty)
        #expect(ask(dispatcher, user: String(repeating: "a", count: 256)).status == 200)
    }

    @Test func busy() throws {
        final class Nested: Transport {
            let ask = Mutex<(@Sendable () -> Response)?>(nil)
            let inner = Mutex<Int?>(nil)

            func exchange(_ request: HTTPRequest, until deadline: Deadline) throws(TransportError) -> HTTPAnswer {
                if let ask = ask.withLock({ $0 }) {
                    let status = ask().status
                    inner.withLock { $0 = status }
                }
                return STS.good
            }
        }
        let nested = Nested()
        let dispatcher = try dispatcher(permits: 1) { $0.browserCredentials?.role.transport = nested }
        nested.ask.withLock { $0 = { dispatcher.respond(to: .make("GET", "/upload/s3/sts")) } }
        // The two hold each other.
        defer { nested.ask.withLock { $0 = nil } }
        #expect(ask(dispatcher).status == 200)
        #expect(nested.inner.withLock { $0 } == 503, "one permit, and one call was under way")
    }
}
