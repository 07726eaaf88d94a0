import Foundation
import Glibc
import S3Authorization
import Synchronization
import Testing

@testable import UploadService

/// What waits is delivered at least once, later and later, and in the end not any more.
@Suite struct CourierTests {
    @Test func deliveredOnce() throws {
        let test = TestOutbox()
        try test.keep()
        let hook = ScriptedHook(.accepted([]))
        let courier = try test.courier(hook)
        #expect(try courier.round().deliveries.isEmpty)
        test.now += 5000
        #expect(try courier.round().deliveries.map(\.outcome) == [.delivered])
        #expect(try courier.round().deliveries.isEmpty)
        #expect(test.files == ["tmp": [], "new": [], "dead": []])
        let event = try #require(hook.events.first)
        #expect(hook.events.count == 1 && event.id == "upload_1" && event.data == #"{"key":"frodo/1"}"#)
        #expect(event.headers.isEmpty)
        // Signed now, or the site would take it for a replay; it happened then.
        #expect(event.time == testTime + 5 && event.occurred == testTime)
        let payload = String(decoding: try #require(event.payload), as: UTF8.self)
        #expect(payload.contains(#""timestamp":"2026-11-22T12:34:56Z""#))
    }

    @Test func backOff() throws {
        let test = TestOutbox()
        try test.keep()
        let courier = try test.courier(ScriptedHook(.undecided("down")))
        var pauses: [Int64] = []
        for _ in 0..<12 {
            let due = try #require(test.folder.due("upload_1", in: .new))
            pauses.append((due - test.now) / 1000)
            test.now = due - 1
            #expect(try courier.round().deliveries.isEmpty)
            test.now = due
            #expect(try courier.round().deliveries.map(\.outcome) == [.postponed])
        }
        #expect(pauses == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600])
        let entry = try #require(try test.outbox.entry("upload_1"))
        #expect(entry.record?.attempts == 12 && entry.record?.reason == "down" && !entry.isDead)
    }

    @Test func pausesAreNotAllTheSame() {
        var surroundings = Surroundings.fixed()
        surroundings.random = { _ in [0xff, 0xff] }
        let longest = BackOff.pause(after: 30, surroundings)
        #expect(longest > BackOff.longest && longest < BackOff.longest * 6 / 5)
    }

    /// The clock was years ahead when it was put off.
    @Test func aTimeFarAheadIsNotBelieved() throws {
        let test = TestOutbox()
        test.now += 100_000_000_000
        try test.keep()
        test.now -= 100_000_000_000
        #expect(try test.courier(ScriptedHook(.accepted([]))).round().deliveries.count == 1)
    }

    @Test func aRefusalIsBuried() throws {
        let test = TestOutbox()
        try test.keep()
        test.now += 5000
        #expect(try test.courier(ScriptedHook(.refused("No orcs"))).round().deliveries.map(\.outcome) == [.refused])
        #expect(test.files == ["tmp": [], "new": [], "dead": ["upload_1"]])
        let entry = try #require(try test.outbox.entry("upload_1"))
        #expect(entry.isDead && entry.record?.reason == "refused: No orcs")
        #expect(test.log.lines.contains { $0.contains("result=refused") && $0.contains("No orcs") })
    }

    @Test func givenUp() throws {
        let test = TestOutbox()
        try test.keep()
        test.now += 259_199_000
        let courier = try test.courier(ScriptedHook(.undecided("down")))
        #expect(try courier.round().deliveries.map(\.outcome) == [.postponed])
        test.now += 10_000
        #expect(try courier.round().deliveries.map(\.outcome) == [.givenUp])
        #expect(test.files == ["tmp": [], "new": [], "dead": ["upload_1"]])
    }

    @Test func retriedAndDropped() throws {
        let test = TestOutbox()
        try test.keep()
        test.now += 300_000_000
        let hook = ScriptedHook(.undecided("down"), .undecided("down"), .accepted([]))
        let courier = try test.courier(hook)
        _ = try courier.round()
        #expect(test.files["dead"] == ["upload_1"])
        #expect(try test.outbox.retry("upload_1", test.surroundings) == .done)
        #expect(test.files == ["tmp": [], "new": ["upload_1"], "dead": []])
        // As if just accepted: it is not given up at once.
        #expect(try courier.round().deliveries.map(\.outcome) == [.postponed])
        #expect(try test.outbox.retry("upload_1", test.surroundings) == .done)
        #expect(try courier.round().deliveries.map(\.outcome) == [.delivered])
        try test.keep("upload_2")
        #expect(try test.outbox.drop("upload_2") == .done && test.outbox.drop("upload_2") == .missing)
        #expect(test.files == ["tmp": [], "new": [], "dead": []])
    }

    @Test func nobodyTouchesWhatIsBeingDelivered() throws {
        let test = TestOutbox()
        try test.keep()
        test.now += 5000
        let seen = Mutex<[Bool]>([])
        let other = ScriptedHook(.accepted([]))
        let hook = ScriptedHook(
            .accepted([]),
            during: {
                let drop = try? test.outbox.drop("upload_1")
                let retry = try? test.outbox.retry("upload_1", test.surroundings)
                let round = try? test.courier(other).round()
                // Due again, by hand of somebody else: still held.
                _ = try? Process.run(
                    URL(fileURLWithPath: "/bin/touch"), arguments: ["-d", "2001-01-01", test.path + "/new/upload_1"]
                ).waitUntilExit()
                let again = try? test.courier(other).round()
                seen.withLock {
                    $0 = [
                        drop == .busy, retry == .busy, round?.deliveries.isEmpty == true,
                        again?.deliveries.isEmpty == true,
                    ]
                }
            })
        #expect(try test.courier(hook).round().deliveries.map(\.outcome) == [.delivered])
        #expect(seen.withLock { $0 } == [true, true, true, true])
        #expect(other.events.isEmpty)
    }

    /// Eight couriers, each with its own open files, as so many processes have.
    @Test func manyCouriersDeliverEachOnce() throws {
        let test = TestOutbox()
        for number in 0..<40 { try test.keep(ByteString("upload_\(number)")) }
        test.now += 10_000
        let hook = ScriptedHook(.accepted([]), during: { usleep(500) })
        DispatchQueue.concurrentPerform(iterations: 8) { _ in _ = try? test.courier(hook).round() }
        #expect(hook.events.count == 40 && Set(hook.events.map(\.id)).count == 40)
        #expect(test.files["new"] == [])
    }

    @Test func aSiteThatIsDownIsNotAskedForAll() throws {
        let test = TestOutbox()
        for number in 0..<9 { try test.keep(ByteString("upload_\(number)")) }
        test.now += 10_000
        let hook = ScriptedHook(.undecided("down"))
        #expect(try test.courier(hook).round().deliveries.count == 3)
        #expect(try test.courier(hook).round().deliveries.count == 3)
        #expect(Set(hook.events.map(\.id)).count == 6)
    }

    /// A full disk: it can be put off but not written. Nothing is lost, nobody is called again at once.
    @Test(arguments: [SpoolStep.create, .write, .flush, .rename, .flushFolder])
    func aDiskThatTakesNothing(_ step: SpoolStep) throws {
        let test = TestOutbox()
        try test.keep()
        test.now += 5000
        var outbox = test.outbox
        outbox.folder.fault = { $0 == step ? ENOSPC : 0 }
        let hook = ScriptedHook(.undecided("down"), .refused("no"), .accepted([]))
        #expect(try test.courier(hook, outbox).round().deliveries.map(\.outcome) == [.postponed])
        #expect(try test.courier(hook, outbox).round().deliveries.isEmpty)
        test.now += 20_000
        #expect(try test.courier(hook, outbox).round().problem?.code == ENOSPC)
        #expect(test.files["new"] == ["upload_1"])
        test.now += 100_000
        #expect(try test.courier(hook, outbox).round().deliveries.map(\.outcome) == [.delivered])
        #expect(test.files["new"] == [])
    }

    @Test func whatIsNoRecordHarmsNobody() throws {
        let test = TestOutbox()
        try test.folder.prepare()
        try Data("{".utf8).write(to: URL(fileURLWithPath: test.path + "/new/upload_0"))
        try Data("{".utf8).write(to: URL(fileURLWithPath: test.path + "/new/.nfs01"))
        try FileManager.default.createSymbolicLink(
            atPath: test.path + "/new/upload_9", withDestinationPath: "/etc/passwd")
        try test.keep()
        test.now += 300_000_000_000
        let hook = ScriptedHook(.accepted([]))
        // The link is somebody's mistake, and said so; what is right beside it is still delivered in time.
        #expect(try test.courier(hook).round().problem?.code == ELOOP)
        #expect(hook.events.map(\.id) == ["upload_1"])
        #expect(test.files["new"] == [".nfs01", "upload_0", "upload_9"])
    }

    @Test func noOutboxNoCourier() {
        #expect(Courier(nil, .fixed()) == nil)
        #expect(Courier(SiteHook(ScriptedHook(.accepted([])), permits: Permits(1)), .fixed()) == nil)
    }
}
