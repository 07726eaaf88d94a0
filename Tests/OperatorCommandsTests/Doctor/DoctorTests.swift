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
