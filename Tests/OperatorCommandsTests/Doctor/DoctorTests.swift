import S3Authorization
import S3Client
import Testing
import UploadService

@testable import OperatorCommands

/// A store whose answers follow from the request alone.
struct ImaginedStore: Transport {
    let answer: @Sendable (HTTPRequest) -> Result<HTTPAnswer, TransportError>

    func exchange(_ request: HTTPRequest, until deadline: Deadline) throws(TransportError) -> HTTPAnswer {
        try answer(request).get()
    }
}

/// What no real store of the end-to-end tests can be made to do.
struct DoctorTests {
    static let date = HeaderField("date", "Sun, 17 Mar 2030 17:46:40 GMT")

    static func findings(
        at now: Int64 = Client.now, change: (String) -> String = { $0 },
        answer: @escaping @Sendable (HTTPRequest) -> Result<HTTPAnswer, TransportError>
    ) throws -> [String: Finding] {
        let surroundings = Surroundings(
            now: { now * 1000 }, stopwatch: { 0 }, random: { [UInt8](repeating: 7, count: $0) }, log: { _ in })
        let configuration = try Desks.configuration { text in
            change(text.replacing(storage, with: ""))
        }
        let desk = try Desk(configuration, surroundings, transport: ImaginedStore(answer: answer))
        let diagnosis = Doctor(desk).examine()
        return Dictionary(diagnosis.findings.map { ($0.check, $0) }, uniquingKeysWith: { first, _ in first })
    }

    static let storage = """
        [storage]
        bucket = "example-storage"
        access_key_id = "AKIASTORAGE"
        secret_access_key = "\(Desks.storageSecret)"
        """

    static func error(_ status: Int, _ xml: String) -> Result<HTTPAnswer, TransportError> {
        .success(HTTPAnswer(status: status, headers: [date], body: Array("<Error>\(xml)</Error>".utf8)))
    }

    @Test(arguments: [
        (TransportError.timedOut, "no answer in time"), (.untrusted("self-signed"), "TLS fails"),
        (.unreachable("nobody"), "nobody answers"), (.library("missing"), "libcurl"),
    ])
    func saysWhyS3IsNotReached(error: TransportError, words: String) throws {
        let found = try Self.findings { _ in .failure(error) }
        #expect(found["endpoint"]?.state == .failed)
        #expect(found["endpoint"]?.message.contains(words) == true)
        #expect(found["signature"] == nil)
    }

    @Test(arguments: [
        (Int64(0), Finding.State.ok), (4, .ok), (-30, .warning), (59, .warning), (60, .failed), (-1020, .failed),
    ])
    func comparesClocks(drift: Int64, state: Finding.State) throws {
        let found = try Self.findings(at: Client.now + drift) { _ in Self.error(403, "<Code>AccessDenied</Code>") }
        #expect(found["clock"]?.state == state)
    }

    @Test(arguments: [
        ("<Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region>", "eu-west-3"),
        ("<Code>InvalidAccessKeyId</Code>", "AKIAUPLOADS"),
        (
            "<Code>SignatureDoesNotMatch</Code>",
            "signature is "
                + "wrong"
        ),
        ("<Code>NoSuchBucket</Code>", "example-uploads"),
    ])
    func saysWhyASignatureIsRefused(xml: String, words: String) throws {
        let found = try Self.findings { _ in Self.error(400, xml) }
        #expect(found["signature"]?.state == .failed)
        #expect(found["signature"]?.message.contains(words) == true)
        #expect(found["form"] == nil)
    }

    @Test func findsAStoreWithoutForms() throws {
        let found = try Self.findings { request in
            request.method.is("POST") && request.url.string?.contains("uploads=") == false
                ? Self.error(501, "<Code>NotImplemented</Code>") : Self.error(403, "<Code>AccessDenied</Code>")
        }
        #expect(found["signature"]?.state == .ok)
        #expect(found["form"]?.state == .failed)
        #expect(found["form"]?.message.contains("no POST forms") == true)
    }

    /// Its own uploads keep to the rules, whatever they are.
    @Test(arguments: ["[\"image/*\"]", "[\"application/pdf\"]", "[\"text/plain\", \"image/png\"]", "[]"])
    func uploadsWhatTheRulesAllow(types: String) throws {
        let found = try Self.findings(
            change: { $0.replacing("[rules]", with: "[rules]\ntypes = \(types)") },
            answer: { request in
                request.method.is("GET") || request.method.is("DELETE")
                    ? Self.error(403, "<Code>AccessDenied</Code>")
                    : .success(HTTPAnswer(status: 200, headers: [Self.date]))
            })
        #expect(found["form"]?.state == .ok, "\(String(describing: found["form"]))")
        #expect(found["put"]?.state == .ok, "\(String(describing: found["put"]))")
        #expect(found["form_over_size"]?.state == .failed)
        #expect(found["cleared"]?.message.contains("example-uploads/countersign-doctor/") == true)
    }

    /// Where open uploads are limited, and only there, it is tried whether they can be counted.
    @Test(arguments: [
        ("", true, nil), ("quota_open_uploads = 3", true, Finding.State.ok), ("quota_open_uploads = 3", false, .failed),
    ])
    func countsOpenUploads(line: String, isAllowed: Bool, state: Finding.State?) throws {
        let found = try Self.findings(
            change: { $0.replacing("[rules]", with: "[rules]\n\(line)") },
            answer: { request in
                let page = "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"
                if isAllowed, request.url.string?.contains("max-uploads=1&prefix=countersign-doctor%2F") == true {
                    return .success(HTTPAnswer(status: 200, headers: [Self.date], body: Array(page.utf8)))
                }
                return request.method.is("GET") || request.method.is("DELETE")
                    ? Self.error(403, "<Code>AccessDenied</Code>")
                    : .success(HTTPAnswer(status: 200, headers: [Self.date]))
            })
        #expect(found["open_uploads"]?.state == state, "\(String(describing: found["open_uploads"]))")
        if state == .failed {
            #expect(found["open_uploads"]?.mending?.contains("s3:ListBucketMultipartUploads") == true)
        }
    }

    private static let lent = """
        [browser_credentials]
        role_arn = "arn:aws:iam::123456789012:role/browsers"

        [rules]
        """

    /// What a store does with a browser's key beside taking its upload.
    struct Obedience: Sendable {
        /// `nil`: STS refuses us.
        var lends: Bool? = false
        var writes = true
        var staysInside = true
        var publishes = false
        var reads = false
    }

    private static func answer(_ request: HTTPRequest, _ obedience: Obedience) -> Result<HTTPAnswer, TransportError> {
        let denied = error(403, "<Code>AccessDenied</Code>")
        let isLent = request.headers.contains { $0.value.description.contains("Credential=ASIALENT/") }
        let url = request.url.description
        if url.hasPrefix("https://sts.eu-central-1.amazonaws.com/") {
            guard let lends = obedience.lends, !isLent || lends else { return denied }
            let end = "2030-03-17T18:46:40Z"
            return .success(
                HTTPAnswer(
                    status: 200, headers: [date],
                    body: Array(
                        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIALENT</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>\(end)</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
                            .utf8)))
        }
        let good = Result<HTTPAnswer, TransportError>.success(HTTPAnswer(status: 200, headers: [date]))
        switch request.method {
        case "GET" where isLent: return obedience.reads ? good : denied
        // Whoever has no key.
        case "GET" where !request.headers.contains { $0.name.is("Authorization") }:
            return obedience.publishes ? good : denied
        case "GET", "DELETE": return denied
        case "PUT" where isLent && url.contains("-other/"): return obedience.staysInside ? denied : good
        case "PUT" where isLent: return obedience.writes ? good : denied
        default: return good
        }
    }

    @Test(
        arguments: [
            (Obedience(), nil, nil), (Obedience(lends: nil), "browser_key", "STS answers 403 AccessDenied"),
            (Obedience(lends: true), "browser_key_lends", "can assume the role itself"),
            (Obedience(writes: false), "browser_key_writes", "cannot upload: S3 answers 403 AccessDenied"),
            (Obedience(staysInside: false), "browser_key_outside", "can upload into another user's prefix"),
            (Obedience(publishes: true), "browser_key_publishes", "can upload what strangers can read"),
            (Obedience(reads: true), "browser_key_reads", "can read what it wrote"),
            (Obedience(reads: true), "browser_key_lists", "can list the uploads bucket"),
        ] as [(Obedience, String?, String?)])
    func triesABrowsersKey(obedience: Obedience, check: String?, words: String?) throws {
        let found = try Self.findings(
            change: { $0.replacing("[rules]", with: Self.lent) }, answer: { Self.answer($0, obedience) })
        let failed = found.values.filter { $0.check.hasPrefix("browser_key") && $0.state != .ok }
        #expect(found["browser_key"] != nil)
        if let check {
            #expect(found[check]?.state == .failed && found[check]?.message.contains(words ?? "") == true, "\(found)")
            #expect(failed.allSatisfy { $0.check == check || obedience.reads }, "\(failed)")
        } else {
            #expect(failed.isEmpty, "\(failed)")
            let checks = found.keys.filter { $0.hasPrefix("browser_key") }.sorted()
            #expect(
                checks == [
                    "browser_key", "browser_key_lends", "browser_key_lists", "browser_key_outside",
                    "browser_key_publishes", "browser_key_reads", "browser_key_writes",
                ])
        }
    }

    @Test func asksForNoBrowsersKeyWhereThereIsNone() throws {
        let found = try Self.findings { Self.answer($0, Obedience()) }
        #expect(found["signature"]?.state == .ok)
        #expect(!found.keys.contains { $0.hasPrefix("browser_key") })
    }

    @Test func writesJSON() throws {
        let diagnosis = Diagnosis(findings: [
            Finding(check: "a", state: .ok, message: "fine", mending: nil),
            Finding(check: "b", state: .warning, message: "\"odd\"", mending: "Mend it."),
        ])
        #expect(diagnosis.isHealthy)
        #expect(diagnosis.summary == "1 ok, 1 warnings, 0 failed")
        #expect(
            String(decoding: diagnosis.json, as: UTF8.self)
                == #"{"healthy":true,"findings":[{"check":"a","state":"ok","message":"fine"},"#
                + #"{"check":"b","state":"warning","message":"\"odd\"","mending":"Mend it."}]}"#)
    }
}
