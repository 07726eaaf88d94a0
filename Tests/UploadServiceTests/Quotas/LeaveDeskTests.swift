import FastCGI
import Foundation
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// Every way to get leave to upload counts, by what it lets through, and is refused in words that its client can read.
struct LeaveDeskTests {
    private static let exceeded =
        "This would be more than the 10 files that you may upload in an hour; try again in 60 minutes"

    @Test(arguments: LeaveSample.all) func countsFiles(_ sample: LeaveSample) throws {
        let desk = try QuotaDesk()
        let site = try desk.site(.make(requests: 10))
        for _ in 0..<(10 / sample.requests) {
            let response = desk.ask(sample, site)
            #expect(response.status == 200, "\(response.text)")
        }
        if sample.requests > 1 {
            #expect(desk.ask(LeaveSample.all[0], site).status == 200)
        }
        let calls = desk.s3.asked.count
        let response = desk.ask(sample, site)
        #expect(response.status == 429 && response.header("Retry-After") == "3600", "\(response.text)")
        #expect(response.json["code"] as? String == "quota_exceeded")
        for member in ["error", "message"] { #expect(response.json[member] as? String == Self.exceeded) }
        #expect(response.json["invalid"] as? Bool == true && response.json["success"] as? Bool == false)
        #expect(desk.s3.asked.count == calls)
        // Another user has a window of their own.
        if !["sign", "evaporate"].contains(sample.path) { #expect(desk.ask(sample, site, user: "sam").status == 200) }
    }

    @Test(arguments: LeaveSample.all) func countsBytes(_ sample: LeaveSample) throws {
        let desk = try QuotaDesk()
        let most = 2 * sample.bytes
        #expect(desk.ask(sample, try desk.site(.make(bytes: sample.bytes - 1))).status == 403)
        let site = try desk.site(.make(bytes: most))
        for _ in 0..<2 { #expect(desk.ask(sample, site).status == 200) }
        let response = desk.ask(sample, site)
        #expect(response.status == 429, "\(response.text)")
        let ledger = desk.test.ledger()
        let name = [0] + Array("default".utf8) + [0] + Array("frodo/".utf8)
        #expect(
            try ledger.admit(name, requests: 1, bytes: 0, under: .make(bytes: most), at: testTime * 1000) == admitted)
        #expect(
            try ledger.admit(name, requests: 1, bytes: 1, under: .make(bytes: most), at: testTime * 1000)
                == .refused(.bytes, wait: 3_600_000))
    }

    @Test(arguments: LeaveSample.free) func isFree(_ sample: LeaveSample) throws {
        let desk = try QuotaDesk()
        let site = try desk.site(.make(requests: 1, bytes: 1000, openUploads: 1))
        desk.s3.state.withLock { $0.open = ["frodo/a"] }
        #expect(desk.ask(LeaveSample.all[0], site).status == 200)
        for _ in 0..<3 {
            let response = desk.ask(sample, site)
            #expect(response.status == 200, "\(response.text)")
        }
        #expect(desk.ask(LeaveSample.all[0], site).status == 429)
    }

    @Test func whatTheRulesRefuseCostsNothing() throws {
        let desk = try QuotaDesk()
        let site = try desk.site(.make(requests: 1))
        for _ in 0..<3 {
            #expect(desk.dispatcher(site).respond(to: .make(body: goodPolicy(key: "sam/a"))).status == 403)
        }
        let batch = #"{"files": [{"filename": "a"}, {"filename": "b", "size": 1001}]}"#
        let sample = LeaveSample(name: "", path: "presign", body: batch, bytes: 0)
        #expect(desk.ask(sample, site).status == 400)
        #expect(desk.ask(LeaveSample.all[0], site).status == 200)
    }

    /// Ten of a hundred files: none, and the ten that there is room for stay free.
    @Test func aBatchIsOneQuestion() throws {
        let desk = try QuotaDesk()
        let site = try desk.site(.make(requests: 5))
        func batch(_ count: Int) -> LeaveSample {
            let files = (0..<count).map { #"{"filename": "\#($0)"}"# }.joined(separator: ",")
            return LeaveSample(name: "", path: "presign", body: #"{"files": [\#(files)]}"#, bytes: 0)
        }
        #expect(desk.ask(batch(3), site).status == 200)
        #expect(desk.ask(batch(3), site).status == 429)
        #expect(desk.ask(batch(2), site).status == 200)
        let response = desk.ask(batch(6), site)
        #expect(response.status == 403 && response.header("Retry-After") == nil)
        #expect(response.json["code"] as? String == "larger_than_quota")
        #expect(
            response.json["error"] as? String == "This is more than all of the 5 files that you may upload in an hour")
    }

    /// Internet Explorer's XDomainRequest reads no status but 200.
    @Test func forWhoReadsNoStatus() throws {
        let desk = try QuotaDesk()
        let site = try desk.site(.make(requests: 1))
        let plain = ["CONTENT_TYPE": "", "HTTP_ORIGIN": "https://www.example.org"]
        let request = LeaveSample.all[0].request(plain)
        #expect(desk.dispatcher(site).respond(to: request).json["policy"] != nil)
        let response = desk.dispatcher(site).respond(to: request)
        #expect(response.status == 200 && response.header("Retry-After") == "3600")
        #expect(response.json["code"] as? String == "quota_exceeded" && response.json["invalid"] as? Bool == true)
        #expect(desk.log.lines.last?.contains("reason=quota_exceeded") == true)
    }

    /// EvaporateJS gives up at 403 and tries again at everything else.
    @Test func evaporateTriesAgain() throws {
        let desk = try QuotaDesk()
        let sample = try #require(LeaveSample.all.first { $0.path == "evaporate" })
        #expect(desk.ask(sample, try desk.site(.make(requests: 1))).status == 200)
        #expect(desk.ask(sample, try desk.site(.make(requests: 1))).status == 429)
        #expect(desk.ask(sample, try desk.site(.make(bytes: 999))).status == 403)
    }

    @Test func profilesHaveWindowsOfTheirOwn() throws {
        let desk = try QuotaDesk()
        let site = try desk.site(.make(requests: 1)) { site in
            site.profiles["videos"] = site.rules
            site.profiles["videos"]?.name = "videos"
        }
        let videos = LeaveSample.all[0].request(["COUNTERSIGN_PROFILE": "videos"])
        let dispatcher = desk.dispatcher(site)
        #expect(dispatcher.respond(to: LeaveSample.all[0].request).status == 200)
        #expect(dispatcher.respond(to: videos).status == 200)
        #expect(dispatcher.respond(to: videos).status == 429)
        #expect(dispatcher.respond(to: LeaveSample.all[0].request).status == 429)
    }

    /// What the hook lets through is what counts.
    @Test func theHooksSize() throws {
        let desk = try QuotaDesk()
        let site = try desk.site(.make(bytes: 1000)) { site in
            var hook = SiteHook(ScriptedHook(.accepted([JSONMember("maxSize", json: "300")])), permits: Permits(4))
            hook.asksFirst = true
            site.hook = hook
        }
        for status in [200, 200, 200, 429] { #expect(desk.ask(LeaveSample.all[0], site).status == status) }
    }

    @Test func aWindowEnds() throws {
        var desk = try QuotaDesk()
        let site = try desk.site(.make(requests: 1, window: 90))
        #expect(desk.ask(LeaveSample.all[0], site).status == 200)
        desk.time += 30
        let response = desk.ask(LeaveSample.all[0], site)
        #expect(response.header("Retry-After") == "60")
        #expect(
            response.json["error"] as? String
                == "This would be more than the one file that you may upload in 90 seconds; try again in 60 seconds")
        desk.time += 60
        #expect(desk.ask(LeaveSample.all[0], site).status == 200)
    }

    @Test(arguments: [
        (Int64(60), "a minute", "60 seconds"), (3600, "an hour", "60 minutes"), (7200, "2 hours", "120 minutes"),
        (7201, "7201 seconds", "3 hours"), (86_400, "a day", "24 hours"), (604_800, "7 days", "7 days"),
        (90, "90 seconds", "90 seconds"), (121, "121 seconds", "3 minutes"), (1, "a second", "1 second"),
    ])
    func words(seconds: Int64, period: String, text: String) {
        #expect(Quota.period(seconds: seconds) == period)
        #expect(Quota.text(seconds: seconds) == text)
    }

    /// Without a place to count in nobody is let through.
    @Test func aLedgerThatIsGone() throws {
        let desk = try QuotaDesk()
        let site = try desk.site(.make(requests: 1)) {
            $0.quotas = QuotaLedger(path: "/nowhere/quotas") { [UInt8](repeating: 0, count: $0) }
        }
        for site in [site, try desk.site(.make(requests: 1)) { $0.quotas = nil }] {
            let response = desk.ask(LeaveSample.all[0], site)
            #expect(response.status == 503 && response.header("Retry-After") == "5")
            #expect(response.json["code"] as? String == "quotas_unavailable")
            #expect(!response.text.contains("nowhere") && response.json["policy"] == nil)
        }
        #expect(desk.log.lines.first?.contains("cause=\"quotas: /nowhere/quotas: cannot ") == true)
        #expect(desk.ask(LeaveSample.all[0], try desk.site(Quota()) { $0.quotas = nil }).status == 200)
    }

    /// Of what S3 did not begin, nothing is left in the ledger.
    @Test func whatS3DidNotBeginIsTakenBack() throws {
        struct Broken: Transport {
            func exchange(_ request: HTTPRequest, until deadline: Deadline) throws(TransportError) -> HTTPAnswer {
                HTTPAnswer(status: 403, body: Array("<Error><Code>AccessDenied</Code></Error>".utf8))
            }
        }
        let desk = try QuotaDesk()
        let sample = try #require(LeaveSample.all.first { $0.name == "Companion's parts" })
        let broken = try desk.site(.make(requests: 1)) { site in
            guard let template = site.uploads?.template, let endpoint = try? Endpoint(parsing: "http://s3.example"),
                let client = try? S3Client(
                    endpoint: endpoint, addressing: .path, region: "us-east-1",
                    credentials: StaticCredentials(.test), transport: Broken(),
                    surroundings: S3Surroundings(
                        now: { testTime * 1000 }, stopwatch: { 0 }, random: { [UInt8](repeating: 0, count: $0) },
                        sleep: { _ in }))
            else { return }
            site.uploads = UploadsDesk(client: client, template: template, permits: Permits(4))
        }
        for _ in 0..<3 { #expect(desk.ask(sample, broken).status == 502) }
        #expect(desk.ask(sample, try desk.site(.make(requests: 1))).status == 200)
        #expect(desk.ask(sample, try desk.site(.make(requests: 1))).status == 429)
    }

    @Test func aCrowdedLedgerIsNoted() throws {
        let desk = try QuotaDesk()
        let site = try desk.site(.make(requests: 1))
        for number in 0..<200 {
            let sample = LeaveSample(name: "", path: "upload_uri", bytes: 0)
            #expect(desk.ask(sample, site, user: "user-\(number)").status == 200)
        }
        let notes = desk.log.lines.filter { $0.hasPrefix("event=quotas_crowded") }
        // 64 places for 200 users.
        #expect(notes.count == 200 - 64)
    }
}

/// Uploads in parts that are open, as S3 says.
struct OpenUploadsTests {
    private static let parts = LeaveSample.all.filter(\.isInParts)

    @Test(arguments: parts) func upToTheLimit(_ sample: LeaveSample) throws {
        let desk = try QuotaDesk()
        let site = try desk.site(.make(openUploads: 3)) { $0.quotas = nil }
        // Others' that a store without prefixes might list.
        desk.s3.state.withLock { $0.open = ["frodo/a", "frodo/b", "frodo2/a", "sam/a"] }
        #expect(desk.ask(sample, site).status == 200)
        let asked = try #require(desk.s3.asked.first)
        #expect(asked == "GET max-uploads=3&prefix=frodo%2F&uploads=", "\(asked)")
        desk.s3.state.withLock { $0.open = ["frodo/a", "frodo/b", "frodo/b"] }
        let calls = desk.s3.asked.count
        let response = desk.ask(sample, site)
        #expect(response.status == 429 && response.header("Retry-After") == "60", "\(response.text)")
        #expect(response.json["code"] as? String == "too_many_open_uploads")
        #expect(
            response.json["error"] as? String
                == "3 uploads of yours are not finished yet; finish one or give it up, or try again in a minute")
        // The store gives two at a time.
        #expect(desk.s3.asked.count == calls + 2)
    }

    @Test(arguments: LeaveSample.all.filter { !$0.isInParts }) func onlyOfUploadsInParts(_ sample: LeaveSample) throws {
        let desk = try QuotaDesk()
        desk.s3.state.withLock { $0.open = nil }
        #expect(desk.ask(sample, try desk.site(.make(openUploads: 1))).status == 200)
        #expect(desk.s3.asked.isEmpty)
    }

    /// Where S3 does not say, none begins; and nothing is counted.
    @Test(arguments: parts) func whenS3DoesNotSay(_ sample: LeaveSample) throws {
        let desk = try QuotaDesk()
        desk.s3.state.withLock { $0.open = nil }
        let site = try desk.site(.make(requests: 1, openUploads: 1))
        let response = desk.ask(sample, site)
        #expect(response.status == 502, "\(response.text)")
        #expect(desk.log.lines.last?.contains("cause=") == true)
        desk.s3.state.withLock { $0.open = [] }
        let full = try Site.make(s3: desk.s3, permits: 1) { site in
            site.rules.quota = .make(requests: 1, openUploads: 1)
            site.quotas = desk.test.ledger()
        }
        #expect(full.uploads?.permits.run { desk.ask(sample, full).status } == 503)
        #expect(desk.ask(sample, site).status == 200)
    }
}
