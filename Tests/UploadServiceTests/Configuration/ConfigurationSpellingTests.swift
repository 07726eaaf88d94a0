import S3Authorization
import Testing

@testable import UploadService

@Suite struct ConfigurationSpellingTests {
    @Test(arguments: [
        ("[server]\nworker = 1", "server.worker: is not known; did you mean \"workers\"?"),
        ("[server]\nmuont = \"/\"", "server.muont: is not known; did you mean \"mount\"?"),
        ("[server]\nsecret-file = \"/\"", "server.secret-file: is not known; did you mean \"secret_file\"?"),
        ("[server]\nsecret = \"INLINESECRET\"", "server.secret: is not known; did you mean \"secret_file\"?"),
        ("[server]\nregion = \"a\"", "server.region: is not known; it belongs under [s3]"),
        ("[server]\nbucket = \"a\"", "server.bucket: is not known; it belongs under [uploads] or [storage]"),
        ("[server]\nzzz = 1", "server.zzz: is not known"),
        ("[server.tls]\na = 1", "server.tls: is not known"),
        ("[rules]\nmax = 1", "rules.max: is not known; did you mean \"max_size\"?"),
        ("[rules]\nMax_Size = 1", "rules.Max_Size: is not known; did you mean \"max_size\"?"),
        ("[rule]\nmax_size = 1", "rule: is not known; did you mean \"rules\"?"),
        ("[profile.a]\nmax_size = 1", "profile: is not known; did you mean \"profiles\"?"),
        ("[profiles.a]\nexpire_after = 1", "profiles.a.expire_after: is not known; did you mean \"expires_after\"?"),
        ("[\"a\\nb\"]\nc = 1", "a?b: is not known"),
    ])
    func unknownKeys(toml: String, problem: String) {
        let problems = Sample.problems(Sample.least + "\n" + toml)
        #expect(problems.count == 1)
        #expect(problems.first?.hasSuffix(problem) == true, "\(problems)")
    }

    @Test func keysOutsideAnySection() {
        #expect(
            Sample.problems("region = \"a\"\nserver = 1\n" + Sample.least) == [
                "1: region: is not known; it belongs under [s3]", "2: server: must be a section: [server]",
            ])
        #expect(Sample.problems("[[hook]]\nurl = \"\"\n" + Sample.least) == ["1: hook: must be a section: [hook]"])
        #expect(Sample.problems("profiles = 1\n" + Sample.least) == ["1: profiles: must be sections: [profiles.NAME]"])
    }

    @Test(arguments: [
        ("COUNTERSIGN_UPLOADS_BUKET", "is not known; did you mean COUNTERSIGN_UPLOADS_BUCKET?"),
        ("COUNTERSIGN_CONFIGURATION", "is not known"),
        ("COUNTERSIGN_CONFG", "is not known; did you mean COUNTERSIGN_CONFIG?"),
        ("COUNTERSIGN_uploads_bucket", "is not known; did you mean COUNTERSIGN_UPLOADS_BUCKET?"),
        ("COUNTERSIGN_PROFILES_AVATARS_MAX_SIZE", "is not known"),
        ("COUNTERSIGN_", "is not known"),
    ])
    func unknownVariables(name: String, problem: String) {
        #expect(Sample.problems(Sample.least, [name: "INLINESECRET"]) == ["environment: \(name): \(problem)"])
    }

    @Test(arguments: [
        ("COUNTERSIGN_SERVER_WORKERS", "", "must be a whole number from 1 to 1024, not \"\""),
        ("COUNTERSIGN_SERVER_WORKERS", "0", "is 0; it must be from 1 to 1024"),
        ("COUNTERSIGN_IDENTITY_ANONYMOUS", "yes", "must be true or false, not \"yes\""),
        ("COUNTERSIGN_RULES_MAX_SIZE", "1 G", "\"1 G\" has no unit that is known; say \"GiB\" (1024) or \"GB\" (1000)"),
        ("COUNTERSIGN_RULES_SIGNATURE_VERSIONS", "", "must not be empty; write [2, 4] or [4]"),
        ("COUNTERSIGN_RULES_TYPES", "image/*,pdf", "\"pdf\" is not a media type; write for example"),
        ("COUNTERSIGN_UPLOADS_SESSION_TOKEN", "INLINESECRET x", "must be one word of visible ASCII characters"),
        ("COUNTERSIGN_UPLOADS_SESSION_TOKEN_FILE", "/none", "\"/none\": there is no such file"),
    ])
    func wrongVariables(name: String, value: String, problem: String) {
        let problems = Sample.problems(Sample.least, [name: value])
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("environment: \(name): \(problem)") == true, "\(problems)")
    }

    @Test(
        arguments: [
            ("buckt", "bucket"), ("bcuket", "bucket"), ("BUCKET", "bucket"), ("secret-access-key", "secret_access_key"),
            ("secret", "secret_access_key"), ("ac", "acl"), ("", nil), ("x", nil), ("token", nil), ("key", nil),
        ] as [(String, String?)])
    func nearest(word: String, expected: String?) {
        let candidates = ["bucket", "acl", "access_key_id", "secret_access_key", "storage_key"]
        #expect(Spelling.nearest(to: word, among: candidates) == expected)
    }

    @Test func quotedIsBoundedAndPrintable() {
        #expect(quoted("a\u{1B}[31m\nb\u{85}") == "\"a?[31m?b?\"")
        #expect(quoted(String(repeating: "x", count: 1000)).utf8.count < 100)
    }
}
