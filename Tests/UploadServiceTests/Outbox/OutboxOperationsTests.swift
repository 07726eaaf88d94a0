import FastCGI
import Foundation
import S3Authorization
import S3Client
import Testing

@testable import UploadService

/// What operators are told of the outbox.
@Suite struct OutboxOperationsTests {
    private struct Nobody: Hook {
        func call(_ event: HookEvent, until deadline: Deadline) -> HookVerdict { .undecided("down") }
        func isThere(until deadline: Deadline) -> Bool { false }
    }

    private func dispatcher(
        _ test: TestOutbox, _ outbox: Outbox?, asksFirst: Bool = false
    ) throws -> Dispatcher {
        let site = try Site.make {
            var hook = SiteHook(Nobody(), permits: Permits(1))
            hook.outbox = outbox
            hook.asksFirst = asksFirst
            $0.hook = hook
        }
        return Dispatcher(site: site, surroundings: test.surroundings)
    }

    private func text(_ dispatcher: Dispatcher, _ page: String) -> String {
        dispatcher.respond(
            toOperator: .make("GET", "/\(page)", ["SCRIPT_NAME": "", "PATH_INFO": "/\(page)"])
        ).text
    }

    @Test func metrics() throws {
        let test = TestOutbox()
        for id in ["upload_1", "upload_2", "upload_3"] as [ByteString] { try test.keep(id) }
        test.now += 10_000
        let surroundings = test.surroundings
        var hook = SiteHook(ScriptedHook(.accepted([]), .refused("no"), .undecided("down")), permits: Permits(1))
        hook.outbox = test.outbox
        _ = try Courier(hook, surroundings)?.round()
        let site = try Site.make { $0.hook = hook }
        let lines = text(Dispatcher(site: site, surroundings: surroundings), "metrics").split(separator: "\n")
        for line in [
            "countersign_outbox_waiting 1", "countersign_outbox_dead 1",
            #"countersign_outbox_deliveries_total{result="delivered"} 1"#,
            #"countersign_outbox_deliveries_total{result="refused"} 1"#,
            #"countersign_outbox_deliveries_total{result="postponed"} 1"#,
            #"countersign_outbox_deliveries_total{result="given_up"} 0"#,
        ] { #expect(lines.contains { $0 == line }, "\(line)") }
        #expect(!text(try dispatcher(test, nil), "metrics").contains("outbox"))
    }

    /// With the outbox uploads go through without the hook, but not without the disk.
    @Test func readiness() throws {
        let test = TestOutbox()
        try test.folder.prepare()
        #expect(text(try dispatcher(test, test.outbox), "ready").contains(#""ready":true"#))
        #expect(text(try dispatcher(test, test.outbox), "ready").contains(#""outbox":{"ok":true}"#))
        for (outbox, asksFirst) in [
            (nil, false), (test.outbox, true), (Outbox(test.folder, accepts: false), false),
        ] {
            let page = text(try dispatcher(test, outbox, asksFirst: asksFirst), "ready")
            #expect(page.contains(#""ready":false"#) && page.contains(#""hook":{"ok":false}"#), "\(page)")
        }
        let nowhere = Outbox(SpoolFolder("/nowhere/spool"))
        let page = text(try dispatcher(test, nowhere), "ready")
        #expect(page.contains(#""ready":false"#) && page.contains(#""outbox":{"ok":false}"#))
        #expect(test.log.lines.contains { $0.contains("/nowhere/spool") })
    }
}
