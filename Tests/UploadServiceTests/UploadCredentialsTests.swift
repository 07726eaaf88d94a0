import FastCGI
import Foundation
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// Keys that come and go while the site runs.
@Suite struct UploadCredentialsTests {
    /// What it is told to give, else the error.
    private final class Provider: CredentialsProvider {
        private let current: Mutex<Credentials?>

        init(_ credentials: Credentials?) { current = Mutex(credentials) }

        func set(_ credentials: Credentials?) { current.withLock { $0 = credentials } }

        func credentials(until deadline: Deadline) throws(CredentialsError) -> Credentials {
            guard let known = current.withLock({ $0 }) else { throw .unavailable("the agent is down") }
            return known
        }
    }

    private static func temporary(_ id: ByteString, seconds: Int64?) throws -> Credentials {
        let end = try seconds.map { try SigningTime(secondsSince1970: testTime + $0) }
        return Credentials(
            accessKeyID: id, secret: Secret("temporary-secret"), sessionToken: "TOKEN/+=", expiration: end)
    }

    private let log = LogRecorder()

    private func dispatcher(_ provider: any CredentialsProvider) throws -> Dispatcher {
        let site = try Site.make {
            $0.credentials = provider
            $0.prefixCookie = "upload_prefix"
        }
        return Dispatcher(site: site, surroundings: .fixed(log: log))
    }

    private static let policy = Array(
        """
        {"expiration": "2026-11-22T12:39:56Z", "conditions": [{"acl": "private"}, {"bucket": "uploads"},
        {"key": "frodo/a.png"}, {"Content-Type": "image/png"}, {"success_action_status": "200"}]}
        """.utf8)

    private static let requests: [(String, String, [UInt8])] = [
        ("POST", "sign", policy), ("POST", "upload_uri", Array("{}".utf8)), ("GET", "prefix", []),
    ]

    @Test(arguments: [0, 1, 2])
    func withoutCredentials(number: Int) throws {
        let (method, path, body) = Self.requests[number]
        let provider = Provider(nil)
        let dispatcher = try dispatcher(provider)
        let response = dispatcher.respond(to: .make(method, "/upload/\(path)", body: body))
        #expect(response.status == 503 && response.header("Retry-After") == "5")
        #expect(response.json["code"] as? String == "no_credentials")
        #expect(!response.text.contains("agent"))
        // A key that is missing for a moment is no reason to take the browser's prefix away.
        #expect(response.header("Set-Cookie") == nil)
        let line = try #require(log.lines.last)
        #expect(line.contains(#"cause="no credentials: the agent is down""#) && line.contains("reason=no_credentials"))
        provider.set(.test)
        #expect(dispatcher.respond(to: .make(method, "/upload/\(path)", body: body)).status == 200)
    }

    @Test func thePrefixNamesTheKeyOfNow() throws {
        let provider = Provider(.test)
        let dispatcher = try dispatcher(provider)
        #expect(dispatcher.respond(to: .make("GET", "/upload/prefix")).json["accessKey"] as? String == "AKIDEXAMPLE")
        provider.set(try Self.temporary("ASIAOTHER", seconds: 900))
        #expect(dispatcher.respond(to: .make("GET", "/upload/prefix")).json["accessKey"] as? String == "ASIAOTHER")
    }

    @Test(arguments: [nil, 1, 120, 299, 300, 3600] as [Int64?], [2, 4])
    func aURLEndsWithTheCredentials(seconds: Int64?, version: Int) throws {
        let dispatcher = try dispatcher(Provider(Self.temporary("ASIA", seconds: seconds)))
        let body = Array(#"{"signatureVersion":\#(version)}"#.utf8)
        let answer = dispatcher.respond(to: .make("POST", "/upload/upload_uri", body: body)).json
        let expected = min(seconds ?? 300, 300)
        #expect(answer["expires"] as? Int == Int(expected))
        let end = try SigningTime(secondsSince1970: testTime + expected)
        #expect(answer["expires_at"] as? String == end.text(.extended).description)
        let url = try #require(URLComponents(string: answer["upload_uri"] as? String ?? ""))
        let query = Dictionary((url.queryItems ?? []).map { ($0.name, $0.value ?? "") }) { $1 }
        if version == 4 {
            #expect(query["X-Amz-Expires"] == "\(expected)" && query["X-Amz-Security-Token"] == "TOKEN/+=")
        } else {
            #expect(query["Expires"] == "\(testTime + expected)" && query["x-amz-security-token"] == "TOKEN/+=")
        }
    }

    /// Fine Uploader's forms have no place for a token: whoever reads the answer learns what to do.
    @Test func aPolicyNeedsALongLivedKey() throws {
        let dispatcher = try dispatcher(Provider(Self.temporary("ASIA", seconds: 3600)))
        let response = dispatcher.respond(to: .make(body: Self.policy))
        #expect(response.status == 400 && response.text.contains("sign with a long-lived key"))
        #expect(!response.text.contains("TOKEN"))
    }

    @Test func aPolicyEndsWithTheCredentials() throws {
        let policy = String(decoding: Self.policy, as: UTF8.self)
            .replacing("]}", with: #", {"x-amz-security-token": "TOKEN/+="}]}"#)
        let dispatcher = try dispatcher(Provider(Self.temporary("ASIA", seconds: 120)))
        let response = dispatcher.respond(to: .make(body: Array(policy.utf8)))
        let decoded = response.json["policy_decoded"] as? [String: Any]
        #expect(decoded?["expiration"] as? String == "2026-11-22T12:36:56Z")
    }

    /// From the configuration to the answer: a key in a file is taken anew, and a bad one is not.
    @Test func aConfiguredFileIsReadAgain() throws {
        let path = NSTemporaryDirectory() + "countersign-key-\(UInt64.random(in: 0...UInt64.max))"
        func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
        try write("one\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let toml = Sample.least.replacing(
            "secret_access_key = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"",
            with: "secret_access_key_file = \"\(path)\"")
        let loaded = try Configuration.load(file: "/c", environment: [:]) { name in
            name == "/c" ? .success(ConfigurationFile(bytes: Array(toml.utf8))) : ConfigurationFile.read(name)
        }
        let clock = Atomic<Int64>(0)
        var surroundings = Surroundings.fixed(log: log)
        surroundings.stopwatch = { clock.load(ordering: .relaxed) }
        let site = try Site(loaded.configuration, surroundings)
        func secret() throws -> Secret {
            clock.add(FileCredentials.interval, ordering: .relaxed)
            return try site.credentials.credentials(until: Deadline(microseconds: .max)).secret
        }
        #expect(try secret() == Secret("one"))
        try write("two\n")
        #expect(try secret() == Secret("two"))
        #expect(log.lines.last == #"event="new credentials AKIAIOSFODNN7EXAMPLE are in use""#)
        try write("two words\n")
        #expect(try secret() == Secret("two"))
        #expect(log.lines.last?.contains("stay in use") == true)
        try FileManager.default.removeItem(atPath: path)
        #expect(try secret() == Secret("two"))
        #expect(!log.lines.joined().contains("two words"))
    }

    @Test func oneProviderForBothThatAreFound() throws {
        let toml = """
            [s3]
            endpoint = "https://s3.eu-west-1.amazonaws.com"
            region = "eu-west-1"
            [uploads]
            bucket = "example-uploads"
            credentials = "aws"
            [storage]
            bucket = "example-storage"
            credentials = "aws"
            """
        let configuration = try Sample.load(toml).configuration
        let providers = ConfiguredCredentials(configuration, Surroundings.fixed().ofS3)
        let provider = Provider(.test)
        let storage = try #require(configuration.storage)
        #expect(try providers.storage(storage, beside: provider) as? Provider === provider)
    }
}
