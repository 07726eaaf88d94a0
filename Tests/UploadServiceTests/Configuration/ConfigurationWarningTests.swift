import S3Authorization
import Testing

@testable import UploadService

@Suite struct ConfigurationWarningTests {
    private static func warnings(_ toml: String, isWorldReadable: Bool = false) throws -> [String] {
        try Sample.load(toml, isWorldReadable: isWorldReadable).warnings.map { warning in
            String(warning.dropFirst(Sample.path.count + 1))
        }
    }

    private static let storage = """

        [storage]
        bucket = "example-storage"
        credentials = "aws"
        """

    @Test(arguments: [
        (
            "identity", "parameter = \"HTTP_X_USER\"",
            "identity.parameter: \"HTTP_X_USER\" is a header that any client can send"
        ),
        ("server", "workers = 4", "server.workers: is 4; 4 are kept for signing"),
        ("server", "secret_file = \"/world\"", "server.secret_file: every user of this machine can read the secret"),
        (
            "hook", "url = \"http://e.org/\"\nsecret_file = \"/whsec\"",
            "hook.url: \"http://e.org\" is not encrypted: whoever sees the traffic"
        ),
        (
            "hook", "command = [\"/bin/true\"]\nforward_headers = [\"Cookie\"]",
            "hook.forward_headers: has no effect on a command"
        ),
        ("s3", "public_endpoint = \"http://s3.e.org\"", "s3.public_endpoint: \"http://s3.e.org\" is not encrypted"),
    ])
    func oneUnwiseLine(section: String, line: String, warning: String) throws {
        let warnings = try Self.warnings(Sample.least(section, line) + Self.storage)
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains(warning) == true, "\(warnings)")
    }

    @Test(arguments: [
        ("server", "workers = 5"), ("server", "mount = \"/\""),
        ("s3", "public_endpoint = \"http://127.0.0.1:7480\"\naddressing = \"path\""),
        ("s3", "public_endpoint = \"http://localhost:7480\""),
        ("s3", "public_endpoint = \"http://[::1]:7480\"\naddressing = \"path\""),
        ("identity", "parameter = \"eppn\""), ("hook", "url = \"\""),
        ("hook", "url = \"http://127.0.0.1/\"\nsecret_file = \"/whsec\""), ("hook", "command = [\"/bin/true\"]"),
        ("hook", "command = []"), ("receipt", "secret_file = \"/word\""), ("rules", "inspect = true"),
        ("server", "secret_file = \"\""),
    ])
    func nothingUnwise(section: String, line: String) throws {
        #expect(try Self.warnings(Sample.least(section, line) + Self.storage).isEmpty)
    }

    @Test(arguments: [
        ("rules", "delete = true", "rules.delete"), ("rules", "inspect = true", "rules.inspect"),
        ("rules", "complete_on_multipart = true", "rules.complete_on_multipart"),
        ("profiles.a", "delete = true", "profiles.a.delete"), ("profiles.a", "inspect = true", "profiles.a.inspect"),
        ("receipt", "secret_file = \"/word\"", "receipt.secret_file"),
        ("hook", "command = [\"/bin/true\"]", "hook.command"),
        ("hook", "url = \"https://e.org/\"\nsecret_file = \"/whsec\"", "hook.url"),
    ])
    func whatOnlyCompletionUses(section: String, line: String, key: String) throws {
        let toml = Sample.least(section, line)
        #expect(
            try Self.warnings(toml).map { $0.drop { $0 != " " } } == [
                " \(key): has no effect without [storage], because nothing is completed"
            ])
        #expect(try Self.warnings(toml + Self.storage).isEmpty)
        #expect(try Self.warnings(toml + "\n[profiles.b]\nmax_size = \"1MB\"\n").count == 1)
        let asking = toml.replacing("[hook]", with: "[hook]\nauthorize = true")
        #expect(try Self.warnings(asking).isEmpty == (section == "hook"))
    }

    @Test(arguments: [
        ("eu-central-1", "https://s3.eu-central-1.amazonaws.com", true),
        ("us-east-2", "https://s3.us-east-2.amazonaws.com", true),
        ("cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn", true),
        ("us-east-1", "https://s3.amazonaws.com", false),
        ("us-gov-west-1", "https://s3.us-gov-west-1.amazonaws.com", false),
        ("sa-east-1", "https://s3.dualstack.sa-east-1.amazonaws.com", false),
        ("eu-central-1", "https://s3.example.org", false),
        ("eu-central-1", "https://notamazonaws.com", false),
    ])
    func version2WhereItNeverWas(region: String, endpoint: String, isWarned: Bool) throws {
        let toml = Sample.least.replacing("https://s3.eu-west-1.amazonaws.com", with: endpoint)
            .replacing("\"eu-west-1\"", with: "\"\(region)\"")
        let expected =
            "rules.signature_versions: Amazon's region \"\(region)\" never took version 2; write [4], "
            + "and in Fine Uploader signature: {version: 4}"
        #expect(try Self.warnings(toml).map { $0.drop { $0 != "r" } } == (isWarned ? [expected[...]] : []))
        #expect(try Self.warnings(toml + "\n[rules]\nsignature_versions = [4]").isEmpty)
        let profile = try Self.warnings(
            toml + "\n[rules]\nsignature_versions = [4]\n[profiles.a]\nsignature_versions = [2]")
        #expect(profile.map { $0.contains("12: profiles.a.signature_versions: Amazon") } == (isWarned ? [true] : []))
    }

    @Test(arguments: [
        ("https://s3.us-east-1.amazonaws.com", true), ("https://s3-us-west-2.amazonaws.com", true),
        ("https://s3.dualstack.us-east-1.amazonaws.com", true), ("https://s3-accelerate.amazonaws.com", false),
        ("https://s3.amazonaws.com", false), ("https://bucket.vpce-1-2.s3.us-east-1.vpce.amazonaws.com", false),
        ("https://s3.dualstack.eu-west-1.amazonaws.com", false), ("https://s3.us-east-1.example.org", false),
    ])
    func regionOfAnotherEndpoint(endpoint: String, isWarned: Bool) throws {
        let toml = Sample.least.replacing("https://s3.eu-west-1.amazonaws.com", with: endpoint)
        let warnings = try Self.warnings(toml)
        #expect(
            warnings.map { $0.contains("3: s3.region: is \"eu-west-1\", but endpoint is in") }
                == (isWarned ? [true] : []))
    }

    @Test func dotsInABucketsName() throws {
        let toml = Sample.least.replacing("example-uploads", with: "uploads.example.org")
        #expect(
            try Self.warnings(toml).map { $0.contains("uploads.bucket: \"uploads.example.org\" has a dot") } == [true])
        #expect(try Self.warnings(toml.replacing("[uploads]", with: "addressing = \"path\"\n[uploads]")).isEmpty)
    }

    @Test func secretsInAFileForAll() throws {
        let warnings = try Self.warnings(Sample.least, isWorldReadable: true)
        #expect(
            warnings == [
                "8: uploads.secret_access_key: holds a secret, and every user of this machine can read this file; "
                    + "chmod it to 0640"
            ])
        #expect(try Self.warnings(Sample.full, isWorldReadable: true) == Self.warnings(Sample.full))
    }

    @Test func warningsStandInTheOrderOfTheFile() throws {
        let toml =
            Sample.least + "\n[server]\nworkers = 1\nsecret_file = \"/world\"\n[identity]\nparameter = \"HTTP_A\""
        #expect(try Self.warnings(toml).map { $0.prefix { $0 != " " } } == ["10:", "11:", "13:"])
    }
}
