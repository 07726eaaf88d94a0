import Testing

@testable import UploadService

/// `when_down`, `spool` and `give_up_after`.
@Suite struct OutboxConfigurationTests {
    private static let command = "command = [\"/bin/true\"]\n"

    private func hook(_ lines: String) throws -> Configuration.Hook {
        try #require(try Sample.load(Sample.least("hook", Self.command + lines)).configuration.hook)
    }

    @Test func asItComes() throws {
        let hook = try hook("")
        #expect(hook.whenDown == .retry && hook.spool == nil && hook.giveUpAfter == 259_200)
    }

    @Test(arguments: ["/var/spool/countersign", "/var/spool/countersign/", "/var/spool/countersign//"])
    func accept(_ path: String) throws {
        let hook = try hook("when_down = \"accept\"\nspool = \"\(path)\"\ngive_up_after = 60")
        #expect(hook.whenDown == .accept && hook.spool == "/var/spool/countersign" && hook.giveUpAfter == 60)
    }

    /// So that what waits is still delivered when the site went back to `retry`.
    @Test func aSpoolAlone() throws {
        #expect(try hook("spool = \"/spool\"").spool == "/spool")
    }

    @Test(arguments: [
        (command + "when_down = \"accept\"", "hook.spool: is missing, and when_down = \"accept\" needs a folder"),
        (
            command + "when_down = \"acept\"",
            "hook.when_down: \"acept\" is not one of \"retry\", \"accept\"; did you mean"
        ),
        (command + "spool = \"spool\"", "hook.spool: must be the absolute path of a folder"),
        (command + "spool = \"/\"", "hook.spool: must be the absolute path of a folder"),
        (command + "give_up_after = 59", "hook.give_up_after: is 59; it must be from 60 to 31536000 seconds"),
        ("when_down = \"accept\"\nspool = \"/spool\"", "hook.url: is missing, and when_down = \"accept\" needs it"),
    ])
    func wrong(_ lines: String, _ problem: String) {
        let problems = Sample.problems(Sample.least("hook", lines))
        #expect(problems.count == 1 && problems[0].contains(problem), "\(problems)")
    }
}
