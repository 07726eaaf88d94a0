import S3Authorization
import S3Client
import Testing

@testable import UploadService

/// `[browser_credentials]`: what may stand there, and what it makes of a site.
@Suite struct BrowserCredentialsSectionTests {
    static let role = "arn:aws:iam::123456789012:role/browsers"
    static let storage = """

        [storage]
        bucket = "example-storage"
        credentials = "aws"
        """

    static func text(_ lines: String = "", _ rest: String = storage) -> String {
        Sample.least("browser_credentials", "role_arn = \"\(role)\"\n\(lines)") + rest
    }

    @Test func absent() throws {
        let loaded = try Sample.load(Sample.least)
        #expect(loaded.configuration.browserCredentials == nil)
        #expect(try Site(loaded.configuration, .fixed()).browserCredentials == nil)
    }

    @Test func defaults() throws {
        let loaded = try Sample.load(Self.text())
        let lent = try #require(loaded.configuration.browserCredentials)
        #expect(loaded.warnings.isEmpty)
        #expect(lent.role == Self.role && lent.duration == 3600 && lent.externalID == nil)
        #expect(lent.endpoint.description == "https://sts.eu-west-1.amazonaws.com")
        #expect(lent.region(beside: loaded.configuration.s3) == "eu-west-1")
        let desk = try #require(try Site(loaded.configuration, .fixed()).browserCredentials)
        #expect(desk.role.role == ByteString(Self.role) && desk.role.duration == 3600 && desk.partition == "aws")
        #expect(desk.deadline == 10_000)
    }

    @Test func all() throws {
        let lent = try #require(
            try Sample.load(
                Self.text("external_id = \"123/ABC\"\nduration = 900\nendpoint = \"https://store.example.org/sts/\"")
            ).configuration.browserCredentials)
        #expect(lent.externalID == "123/ABC" && lent.duration == 900)
        #expect(lent.endpoint.description == "https://store.example.org/sts")
    }

    @Test(arguments: [
        (
            "https://s3.cn-north-1.amazonaws.com.cn", "cn-north-1", "", "https://sts.cn-north-1.amazonaws.com.cn",
            "cn-north-1", "aws-cn"
        ),
        (
            "https://s3.us-gov-west-1.amazonaws.com", "us-gov-west-1", "", "https://sts.us-gov-west-1.amazonaws.com",
            "us-gov-west-1", "aws-us-gov"
        ),
        ("https://s3.example.org:7480", "default", "", "https://s3.example.org:7480", "default", "aws"),
        (
            "https://s3.eu-west-1.amazonaws.com", "eu-west-1", "https://sts.amazonaws.com",
            "https://sts.amazonaws.com", "us-east-1", "aws"
        ),
        (
            "https://s3.eu-west-1.amazonaws.com", "eu-west-1", "https://sts.eu-central-1.amazonaws.com",
            "https://sts.eu-central-1.amazonaws.com", "eu-central-1", "aws"
        ),
        (
            "https://s3.eu-west-1.amazonaws.com", "eu-west-1", "https://sts-fips.us-east-1.amazonaws.com",
            "https://sts-fips.us-east-1.amazonaws.com", "us-east-1", "aws"
        ),
        (
            "https://s3.eu-west-1.amazonaws.com", "eu-west-1", "https://vpce-1.sts.example.org",
            "https://vpce-1.sts.example.org", "eu-west-1", "aws"
        ),
    ])
    func whereSTSIs(store: String, region: String, given: String, endpoint: String, signed: String, part: String) throws
    {
        let text = Self.text(given.isEmpty ? "" : "endpoint = \"\(given)\"")
            .replacing("https://s3.eu-west-1.amazonaws.com", with: store)
            .replacing("region = \"eu-west-1\"", with: "region = \"\(region)\"")
        let configuration = try Sample.load(text).configuration
        let lent = try #require(configuration.browserCredentials)
        #expect(lent.endpoint.description == endpoint)
        #expect(lent.region(beside: configuration.s3) == signed)
        #expect(configuration.s3.partition == part)
    }

    @Test(arguments: [
        ("duration = 899", "duration: is 899; it must be from 900 to 43200 seconds"),
        ("duration = 43201", "duration: is 43201; it must be from 900 to 43200 seconds"),
        ("endpoint = \"sts.example.org\"", "endpoint: must be an absolute URL"),
        ("endpoint = \"https://a/?b\"", "endpoint: must not have a query"),
        ("external_id = \"a\"", "external_id: \"a\" must be 2 to 1224 letters"),
        ("external_id = \"a b\"", "external_id: \"a b\" must be 2 to 1224 letters"),
        ("policy = \"x\"", "policy: is not known"),
    ])
    func refuses(line: String, problem: String) {
        let problems = Sample.problems(Self.text(line))
        #expect(
            problems.count == 1 && problems.first?.contains("browser_credentials.\(problem)") == true, "\(problems)")
    }

    @Test(arguments: [
        "browsers", "arn:aws:iam::123456789012:user/frodo", "arn:aws:sts::123456789012:assumed-role/a/b",
        "arn:aws:iam::123456789012:role/", "arn:aws:iam::1:role/a b", "arn:aws:iam::123456789012:role/*", "",
        "arn:aws:iam::123456789012:role/a\\\"", "arn:aws:iam::123456789012:role/a${b}",
    ])
    func refusesOtherRoles(name: String) {
        let text = Sample.least("browser_credentials", "role_arn = \"\(name)\"") + Self.storage
        let problems = Sample.problems(text)
        #expect(problems.first?.contains("browser_credentials.role_arn: ") == true, "\(problems)")
    }

    @Test(arguments: [role, "arn:aws:iam:::role/browsers", "arn:aws-cn:iam::1:role/path/to/a+b=c,d.e@f-g_h"])
    func takesRoles(name: String) throws {
        let text = Sample.least("browser_credentials", "role_arn = \"\(name)\"") + Self.storage
        #expect(try Sample.load(text).configuration.browserCredentials?.role == name)
    }

    @Test func needsARole() {
        let problems = Sample.problems(Sample.least("browser_credentials", "duration = 900") + Self.storage)
        #expect(problems.count == 1 && problems.first?.contains("browser_credentials.role_arn: is missing") == true)
    }

    /// The hook's word must be asked before anything is uploaded, and a browser with a key asks nobody.
    @Test(arguments: [true, false])
    func neverBesideAHookThatIsAskedFirst(asks: Bool) throws {
        let hook = "\n[hook]\ncommand = [\"/bin/true\"]\nauthorize = \(asks)\n"
        let problems = Sample.problems(Self.text("", Self.storage + hook))
        if asks {
            #expect(problems.count == 1)
            #expect(problems.first?.contains("browser_credentials.role_arn: stands beside hook.authorize") == true)
        } else {
            #expect(problems.isEmpty)
        }
    }

    @Test(arguments: [
        ("", "", "without [storage]: nothing ever looks at the size and the type"),
        (
            "", storage + "\n[rules]\nquota_requests = 5\n[quotas]\nfile = \"/var/lib/countersign/quotas\"",
            "quota_requests: counts nothing of what browsers upload with keys"
        ),
        ("endpoint = \"http://sts.example.org\"", storage, "endpoint: \"http://sts.example.org\" is not encrypted"),
        (
            "", storage + "\n[server]\nurl = \"http://www.example.org\"",
            "lends keys to pages of \"http://www.example.org\""
        ),
        ("", storage + "\n[server]\norigins = [\"http://a.org\"]", "lends keys to pages of \"http://a.org\""),
        (
            "", storage + "\n[server]\nsecret_file = \"/word\"\n[identity]\nanonymous = true",
            "give anybody in the world a key"
        ),
    ])
    func warns(lines: String, rest: String, warning: String) throws {
        let warnings = try Sample.load(Self.text(lines, rest)).warnings
        #expect(warnings.count == 1 && warnings.first?.contains(warning) == true, "\(warnings)")
    }

    @Test(arguments: [(3600, false), (3601, true)])
    func warnsOfARoleThatAssumesARole(duration: Int, isTooLong: Bool) throws {
        let text = Self.text("duration = \(duration)").replacing(
            "access_key_id = \"AKIAIOSFODNN7EXAMPLE\"\nsecret_access_key = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"",
            with: "credentials = \"aws\"")
        let warnings = try Sample.load(text).warnings
        #expect(warnings.contains { $0.contains("browser_credentials.duration: is 3601") } == isTooLong, "\(warnings)")
        #expect(warnings.isEmpty != isTooLong)
    }

    @Test(arguments: ["endpoint = \"http://127.0.0.1:7480\"", "endpoint = \"\"", "external_id = \"\""])
    func saysNothing(line: String) throws {
        #expect(try Sample.load(Self.text(line)).warnings.isEmpty)
    }
}
