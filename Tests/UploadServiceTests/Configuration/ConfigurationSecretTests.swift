import S3Authorization
import Testing

@testable import UploadService

@Suite struct ConfigurationSecretTests {
    @Test func descriptionsShowNothing() throws {
        let secret = Secret(Array("FILESECRET".utf8))
        var dumped = ""
        dump(secret, to: &dumped)
        let texts = [
            "\(secret)", secret.debugDescription, String(reflecting: secret), "\(Optional(secret) as Any)",
            "\([secret])",
            dumped, "\(Mirror(reflecting: secret).children.map { "\($0)" })",
        ]
        for text in texts {
            #expect(!text.contains("FILESECRET") && !text.contains("70, 73"), "\(text)")
        }
        #expect("\(secret)" == "<redacted>")
        #expect(secret.withBytes { $0.count } == 10)
    }

    @Test func aWholeConfigurationShowsNothing() throws {
        let loaded = try Sample.load(Sample.full)
        var text = "\(loaded) \(String(reflecting: loaded))"
        dump(loaded, to: &text)
        #expect(text.contains("example-uploads"))
        for word in Sample.secretWords {
            #expect(!text.contains(word))
        }
        #expect(!text.contains("70, 73, 76, 69"))
    }

    /// Every line of the full sample broken in several ways: whatever is reported, it is no secret.
    /// Every fourth line from one on, so that it takes a fourth of the time; under a sanitizer a tenth of these.
    @Test(arguments: 0..<4) func noProblemShowsASecret(from first: Int) {
        let inline = Sample.full.replacing(
            "secret_access_key_file = \"/etc/countersign/uploads.key\"", with: "secret_access_key = \"INLINESECRET\"")
        for source in [Sample.full, inline] {
            let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
            for (index, line) in lines.enumerated() where index % (4 * slowdown) == first && line.contains("=") {
                let key = line.prefix { $0 != "=" }
                var broken = [
                    "", "x" + line, key + "= 7", key + "= \"\"", key + "= [\"a b\"]", "[uploads]", line + "\n" + line,
                    line.replacing("\"", with: ""), line.replacing("= \"", with: "= \"a b "),
                ]
                if key.contains("secret") || key.contains("token") {
                    broken += [
                        key + "= \"INLINESECRET PASSWORD\"", key + "= \"INLINESECRET PASSWORD", key + "= INLINESECRET",
                    ]
                }
                if key.contains("url") || key.contains("endpoint") {
                    broken.append(key + "= \"https://INLINESECRET:PASSWORD@e.org\"")
                }
                for line in broken {
                    var changed = lines
                    changed[index] = line
                    let problems = Sample.problems(changed.joined(separator: "\n"))
                    #expect(
                        !problems.contains { text in Sample.secretWords.contains { text.contains($0) } }, "\(problems)")
                }
            }
        }
    }

    @Test func secretsInTheWrongKeyAreNotShown() {
        let toml = Sample.least.replacing(
            "access_key_id = \"AKIAIOSFODNN7EXAMPLE\"", with: "access_key_id = \"wJalrXUtnFEMI/x\"")
        #expect(
            Sample.problems(toml) == [
                "7: uploads.access_key_id: is not an access key id, which has no spaces, commas or slashes; "
                    + "was the secret pasted here?"
            ])
    }

    @Test(
        arguments: [
            ("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", nil), ("a b\n", nil), ("\n", nil), ("", nil),
            ("\r\n", nil),
            (" a", nil), ("ä", nil),
        ] as [(String, String?)])
    func oneNewlineAtTheEnd(contents: String, expected: String?) throws {
        let toml = Sample.least.replacing(
            "secret_access_key = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"",
            with: "secret_access_key_file = \"/key\"")
        let loaded = try? Configuration.load(file: "/c", environment: [:]) { path in
            .success(ConfigurationFile(bytes: Array((path == "/key" ? contents : toml).utf8)))
        }
        #expect(loaded?.configuration.uploads.credentials.key?.secretAccessKey == expected.map { Secret($0) })
    }

    @Test(arguments: [
        (["COUNTERSIGN_UPLOADS_SECRET_ACCESS_KEY": "env"], "env"),
        (["COUNTERSIGN_UPLOADS_SECRET_ACCESS_KEY_FILE": "/etc/countersign/uploads.key"], "FILESECRET/uploads"),
    ])
    func theEnvironmentReplacesEitherForm(environment: [String: String], expected: String) throws {
        for toml in [Sample.least, Sample.full] {
            let loaded = try Sample.load(toml, environment)
            #expect(loaded.configuration.uploads.credentials.key?.secretAccessKey == Secret(expected))
        }
    }

    @Test func bothFormsInTheEnvironmentAreTooMany() {
        let environment = [
            "COUNTERSIGN_UPLOADS_SECRET_ACCESS_KEY": "INLINESECRET", "COUNTERSIGN_UPLOADS_SECRET_ACCESS_KEY_FILE": "/x",
        ]
        #expect(
            Sample.problems(Sample.least, environment) == [
                "environment: COUNTERSIGN_UPLOADS_SECRET_ACCESS_KEY_FILE: stands beside secret_access_key; keep one of them"
            ])
    }

    @Test(arguments: [
        ("/", ConfigurationFile.Failure.failed(21)), ("/nonexistent/countersign", .missing), ("/dev/zero", .tooLarge),
    ])
    func filesThatCannotBeRead(path: String, failure: ConfigurationFile.Failure) {
        guard case .failure(failure) = ConfigurationFile.read(path) else {
            Issue.record("\(path) was read")
            return
        }
    }

    @Test func filesThatCanBeRead() throws {
        let file = try ConfigurationFile.read("/dev/null").get()
        #expect(file.bytes.isEmpty)
        #expect(file.isWorldReadable)
    }
}
