import S3Authorization
import Testing

@testable import OperatorCommands

/// What surrounds a sweep; a real store is swept in the tests from end to end.
struct SweepTests {
    @Test(arguments: [("0s", 0), ("90s", 90), ("30m", 1800), ("12h", 43_200), ("1d", 86_400), ("3650d", 315_360_000)])
    func readsAges(text: String, seconds: Int64) {
        #expect(Age(text)?.seconds == seconds)
    }

    @Test(arguments: [
        "", "d", "1", "-1d", "+1d", "1.5d", "1w", "1 d", "3651d", "9223372036854775807s", "99999999999999999999d",
    ])
    func refusesOtherTexts(text: String) {
        #expect(Age(text) == nil)
    }

    @Test func writesAges() {
        #expect([59, 60, 7199, 90_000].map { Age(seconds: $0).text } == ["59s", "1m", "1h", "1d"])
    }

    @Test func countsAll() {
        var tally = SweepTally()
        for fate in SweepTally.Fate.allCases { tally.add(fate) }
        #expect(tally.examined == SweepTally.Fate.allCases.count - 2)
        #expect(!tally.isClean)
        let json = String(decoding: tally.json(isDry: true), as: UTF8.self)
        #expect(json.hasPrefix(#"{"clean":false,"dryRun":true,"examined":10,"young":1,"accepted":1,"#))
        #expect(json.hasSuffix(#""aborted":1,"problems":[]}"#))
    }

    @Test func isCleanWithRefusals() {
        var tally = SweepTally()
        tally.add(.rejected)
        #expect(tally.isClean)
        tally.problems.append("no")
        #expect(!tally.isClean)
    }

    @Test func showsNoControlCharacters() {
        #expect(ByteString("a%20\u{1b}[2Jé b").shown == "a%20%1b[2J%c3%a9%20b")
    }

    @Test func needsSomewhereToCompleteTo() throws {
        let desk = try Desks.desk { $0.replacing(#/(?s)\[storage\].*?\n\n/#, with: "") }
        #expect(throws: Sweep.Failure.self) { try Sweep(desk, Sweep.Choices()) }
        var choices = Sweep.Choices()
        choices.profile = "videos"
        #expect(throws: Sweep.Failure.self) { try Sweep(try Desks.desk(), choices) }
    }
}
