import Testing

@testable import UploadService

/// `[events]`, with what is right and one change.
struct EventsSectionTests {
    private func toml(_ events: String, storage: Bool = true) -> String {
        let section = """

            [storage]
            bucket = "example-storage"
            access_key_id = "AKIAI44QH8DHBEXAMPLE"
            secret_access_key_file = "/etc/countersign/storage.key"
            """
        return Sample.least + (storage ? section : "") + "\n[events]\n" + events
    }

    @Test(arguments: [
        "token_file = \"/word\"", "secret_file = \"/word\"", "token_file = \"/word\"\nprofile = \"default\"",
    ])
    func oneSecretIsEnough(events: String) throws {
        let loaded = try Sample.load(toml(events))
        #expect(loaded.configuration.events != nil && loaded.configuration.events?.profile == nil)
        #expect(loaded.configuration.bodyLimit == EventNotification.bodyLimit)
        #expect(!loaded.warnings.joined().contains("events"))
    }

    @Test func thereAreNoneUnlessSaid() throws {
        #expect(try Sample.load(Sample.least).configuration.events == nil)
    }

    @Test func hasNoEffectWithoutStorage() throws {
        let warnings = try Sample.load(toml("token_file = \"/word\"", storage: false)).warnings
        #expect(warnings.contains { $0.contains("events.token_file: has no effect without [storage]") })
    }

    @Test(arguments: [
        ("", "events.token_file: is missing, and so is secret_file"),
        ("token_file = \"\"", "events.token_file: is missing"),
        ("token_file = \"/short\"", "events.token_file: \"/short\" holds fewer than 32 bytes"),
        ("token_file = \"/none\"", "events.token_file: "),
        ("token_file = \"/word\"\nprofile = \"videos\"", "events.profile: \"videos\" is no profile"),
        (
            "tokenfile = \"/word\"\nsecret_file = \"/word\"",
            "events.tokenfile: is not known; did you mean \"token_file\"?"
        ),
    ])
    func whatIsWrong(events: String, problem: String) {
        let problems = Sample.problems(toml(events))
        #expect(problems.count == 1 && problems.first?.contains(problem) == true, "\(problems)")
    }
}
