import FastCGI
import Foundation
import S3Authorization
import S3Client
import Synchronization
import Testing

@testable import UploadService

/// Rules on trial: asked, written down, and of no effect at all.
struct ShadowTests {
    /// Lets nothing through that could be refused.
    static func strict(_ change: (inout Site.Profile) -> Void = { _ in }) -> Site.Profile {
        var profile = Site.Profile(
            name: "strict",
            rules: .make { rules in
                rules.maximumSize = 1
                rules.contentTypes = ContentTypePattern("image/png").map { [$0] } ?? []
                rules.keyCharacters = .strict
                rules.signatureVersions = []
            })
        profile.bodyLimit = 10
        profile.quota = .make(requests: 1, bytes: 1, openUploads: 1)
        change(&profile)
        return profile
    }

    private static func profile(_ change: (inout Site.Profile) -> Void) -> Site.Profile {
        var profile = Site.Profile(name: "strict", rules: .make { $0.maximumSize = 1000 })
        change(&profile)
        return profile
    }

    /// The headers too, and what goes to S3.
    private func compare(_ request: Request, _ make: (Bool) throws -> Site, at time: Int64 = testTime) throws {
        let logs = [LogRecorder(), LogRecorder()]
        let answers = try [false, true].map { hasShadow in
            Dispatcher(site: try make(hasShadow), surroundings: .fixed(at: time, log: logs[hasShadow ? 1 : 0]))
                .respond(to: request)
        }
        #expect(answers[0].status == answers[1].status)
        #expect(answers[0].body == answers[1].body)
        #expect(answers[0].headers.map(\.value) == answers[1].headers.map(\.value))
        // What the real rules refuse is not asked of others; what they let through is.
        let isRefused = logs[1].lines.last?.contains(" shadow=strict shadow_reason=") == true
        #expect(!isRefused || answers[0].status == 200)
        if answers[0].status == 200, answers[0].json["policy"] != nil { #expect(isRefused) }
    }

    @Test(arguments: SignRequestCase.all + SignRequestCase.chunks) func neverChangesAnAnswer(_ vector: SignRequestCase)
        throws
    {
        let test = try TestLedger()
        try compare(.make(vector.method, user: vector.user, body: vector.body, vector.parameters)) { hasShadow in
            try .make(s3: StubS3()) { site in
                site.quotas = test.ledger()
                if hasShadow { site.rules.shadow = Shadow(Self.strict()) }
            }
        }
    }

    @Test(arguments: LeaveSample.all + LeaveSample.free) func neverChangesAnAnswer(_ sample: LeaveSample) throws {
        let test = try TestLedger()
        let hooks = [ScriptedHook(.accepted([])), ScriptedHook(.accepted([]))]
        let stores = [StubS3(), StubS3()]
        try compare(sample.request) { hasShadow in
            try .make(s3: stores[hasShadow ? 1 : 0], rules: .make { $0.maximumSize = 1000 }) { site in
                site.quotas = test.ledger()
                var hook = SiteHook(hooks[hasShadow ? 1 : 0], permits: Permits(4))
                hook.asksFirst = true
                site.hook = hook
                if hasShadow { site.rules.shadow = Shadow(Self.strict()) }
            }
        }
        // The hook is asked once, and S3 is told nothing else; only a list may be asked for.
        #expect(hooks[0].events == hooks[1].events)
        #expect(stores[0].asked == stores[1].asked.filter { !$0.hasPrefix("GET max-uploads=") })
    }

    @Test func aBrokenLedgerOrStoreIsTheTrialsAffair() throws {
        for sample in LeaveSample.all {
            let s3 = StubS3()
            s3.state.withLock { $0.open = nil }
            let site = try Site.make(s3: s3, rules: .make { $0.maximumSize = 1000 }) { site in
                site.rules.shadow = Shadow(Self.profile { $0.quota = .make(requests: 1, openUploads: 1) })
            }
            let log = LogRecorder()
            let response = Dispatcher(site: site, surroundings: .fixed(log: log)).respond(to: sample.request)
            #expect(response.status == 200, "\(sample.name): \(response.text)")
            #expect(log.lines.last?.contains("shadow_reason=quotas_unavailable") == true)
            #expect(log.lines.last?.contains(" cause=") == false)
        }
    }

    @Test(arguments: [
        (
            LeaveSample.all[0], profile { $0.rules.maximumSize = 799 }, "invalid_policy",
            "\"The maximum should be at most 799 bytes\""
        ),
        (
            LeaveSample.all[7], profile { $0.rules.contentTypes = ContentTypePattern("image/*").map { [$0] } ?? [] },
            "invalid_fields", "\"type: This field is required.\""
        ),
        (
            LeaveSample.all[0], profile { $0.bodyLimit = 20 }, "body_too_large",
            "\"The request body should have at most 20 bytes\""
        ),
        (
            LeaveSample.all[0], profile { $0.quota.bytes = 700 }, "larger_than_quota",
            "\"This is more than all of the 700 B that you may upload in an hour\""
        ),
        (
            LeaveSample.all[7], profile { $0.rules.maximumSize = 500 }, "invalid_fields",
            "\"size: The object should have at most 500 bytes\""
        ),
    ])
    func whatIsWritten(_ sample: LeaveSample, _ trial: Site.Profile, code: String, message: String) throws {
        let desk = try QuotaDesk()
        let site = try desk.site(Quota()) { $0.rules.shadow = Shadow(trial) }
        #expect(desk.ask(sample, site).status == 200)
        let line = try #require(desk.log.lines.last)
        #expect(line.contains(" shadow=strict shadow_reason=\(code) shadow_message=\(message) ms="), "\(line)")
        #expect(line.contains(" status=200 ") && !line.contains(" reason="))
        #expect(desk.metrics.shadowRefusals.map { "\($0.profile) \($0.code) \($0.count)" } == ["strict \(code) 1"])
        #expect(desk.metrics.refusals.counts.isEmpty)
    }

    @Test func whatBothLetThroughIsNoNews() throws {
        let desk = try QuotaDesk()
        let site = try desk.site(Quota()) { $0.rules.shadow = Shadow(Self.profile { _ in }) }
        for sample in LeaveSample.all { #expect(desk.ask(sample, site).status == 200) }
        #expect(!desk.log.lines.joined().contains("shadow") && desk.metrics.shadowRefusals.isEmpty)
    }

    /// Its quotas are counted apart from those of users who are under these rules for real.
    @Test func quotasOnTrial() throws {
        let desk = try QuotaDesk()
        let trial = Self.profile { $0.quota.requests = 2 }
        let site = try desk.site(.make(requests: 4)) { site in
            site.rules.shadow = Shadow(trial)
            site.profiles["strict"] = trial
        }
        let sample = LeaveSample.all[0]
        for _ in 0..<4 { #expect(desk.ask(sample, site).status == 200) }
        #expect(desk.log.lines.map { $0.contains("shadow_reason=quota_exceeded") } == [false, false, true, true])
        // What the real rules refuse is no news of the trial's.
        #expect(desk.ask(sample, site).status == 429)
        #expect(desk.log.lines.last?.contains("shadow=") == false)
        let real = sample.request(["COUNTERSIGN_PROFILE": "strict"])
        let dispatcher = desk.dispatcher(site)
        #expect([200, 200, 429].map { $0 == dispatcher.respond(to: real).status } == [true, true, true])
    }

    /// What needs no leave is asked too: a site that means to switch it off wants to know who uses it.
    @Test(arguments: [
        (Request.make("GET", "/upload/session"), "listing_is_off"),
        (
            Request.make("POST", "/upload/s3/presign", body: Array(#"{"method": "DELETE", "key": "a b"}"#.utf8)),
            "deleting_is_off"
        ),
    ])
    func listingAndDeleting(_ request: Request, code: String) throws {
        func ask(_ trial: Site.Profile?) throws -> (Response, String) {
            let log = LogRecorder()
            let site = try Site.make(s3: StubS3()) { site in
                site.rules.allowsListing = true
                site.rules.allowsDeletion = true
                site.rules.shadow = trial.map { Shadow($0) }
            }
            let response = Dispatcher(site: site, surroundings: .fixed(log: log)).respond(to: request)
            return (response, log.lines.last ?? "")
        }
        let (plain, _) = try ask(nil)
        #expect(plain.status == 200, "\(plain.text)")
        let (refused, line) = try ask(Self.profile { _ in })
        #expect(refused.status == 200 && refused.body == plain.body)
        #expect(line.contains(" shadow=strict shadow_reason=\(code) "), "\(line)")
        let (granted, quiet) = try ask(
            Self.profile {
                $0.allowsListing = true
                $0.allowsDeletion = true
            })
        #expect(granted.body == plain.body && !quiet.contains("shadow"))
    }

    @Test func theKeyOfADeletion() throws {
        let body = Array(#"{"method": "DELETE", "key": "a b"}"#.utf8)
        let log = LogRecorder()
        let site = try Site.make(s3: StubS3()) { site in
            site.rules.allowsDeletion = true
            site.rules.shadow = Shadow(
                Self.profile {
                    $0.allowsDeletion = true
                    $0.rules.keyCharacters = .strict
                })
        }
        let response = Dispatcher(site: site, surroundings: .fixed(log: log))
            .respond(to: .make("POST", "/upload/s3/presign", body: body))
        #expect(response.status == 200)
        #expect(log.lines.last?.contains(#"shadow_message="key: Invalid character in key""#) == true)
    }

    @Test func openUploadsAreListedOnce() throws {
        let desk = try QuotaDesk()
        desk.s3.state.withLock { $0.open = ["frodo/a"] }
        let site = try desk.site(.make(openUploads: 2)) { site in
            site.rules.shadow = Shadow(Self.profile { $0.quota.openUploads = 1 })
        }
        let sample = try #require(LeaveSample.all.first { $0.isInParts })
        #expect(desk.ask(sample, site).status == 200)
        #expect(desk.s3.asked.filter { $0.hasPrefix("GET max-uploads=2&") }.count == 1)
        #expect(desk.log.lines.last?.contains("shadow_reason=too_many_open_uploads") == true)
    }
}
