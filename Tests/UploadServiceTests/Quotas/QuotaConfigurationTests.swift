import FastCGI
import S3Authorization
import Testing

@testable import UploadService

/// `quota_…`, `shadow` and `[quotas]`.
@Suite struct QuotaConfigurationTests {
    private static let file = "[quotas]\nfile = \"/var/lib/countersign/quotas\"\n"

    private func load(_ rules: String, _ more: String = file) throws -> Configuration.Loaded {
        try Sample.load(Sample.least("rules", rules) + "\n" + more)
    }

    private func problems(_ rules: String, _ more: String = file) throws -> [String] {
        do {
            _ = try load(rules, more)
            return []
        } catch let error as ConfigurationError {
            return error.problems.map(\.description)
        }
    }

    @Test func asItComes() throws {
        let configuration = try load("max_size = 5", "").configuration
        let rules = configuration.rules
        #expect([rules.quotaRequests, rules.quotaBytes, rules.quotaWindow, rules.quotaOpenUploads] == [0, 0, 3600, 0])
        #expect(rules.shadow == nil && configuration.quotas.file == nil && configuration.quotas.entries == 65_536)
        let site = try Site(configuration, .fixed())
        #expect(site.quotas == nil && site.rules.quota == Quota() && site.rules.shadow == nil)
    }

    @Test func keyByKey() throws {
        let rules = """
            quota_requests = 100
            quota_bytes = "20GiB"
            quota_window = 86400
            quota_open_uploads = 7
            [profiles.videos]
            quota_requests = 5
            quota_open_uploads = 0
            """
        let site = try Site(try load(rules).configuration, .fixed())
        #expect(site.rules.quota == .make(requests: 100, bytes: 20 << 30, window: 86_400, openUploads: 7))
        #expect(site.profiles["videos"]?.quota == .make(requests: 5, bytes: 20 << 30, window: 86_400))
        #expect(site.quotas?.path == "/var/lib/countersign/quotas")
    }

    /// Only what is counted needs a place to count in.
    @Test(arguments: ["quota_open_uploads = 3", "quota_window = 60", "quota_requests = 0", "quota_bytes = 0"])
    func withoutAFile(_ line: String) throws {
        #expect(try Site(try load(line, "").configuration, .fixed()).quotas == nil)
    }

    @Test(arguments: [
        ("quota_requests = 1", "", "quotas.file: is missing, and quota_requests needs a file to count in"),
        ("quota_bytes = \"1TiB\"", "", "quotas.file: is missing, and quota_bytes needs a file to count in"),
        ("max_size = 5\n[profiles.a]\nquota_requests = 1", "", "quotas.file: is missing"),
        ("quota_requests = 1", "[quotas]\nfile = \"quotas\"", "quotas.file: must be the absolute path of a file"),
        ("quota_requests = 1", "[quotas]\nfile = \"/run/\"", "quotas.file: must be the absolute path of a file"),
        ("quota_requests = 1", file + "entries = 63", "quotas.entries: is 63; it must be from 64 to 1048576"),
        ("quota_requests = -1", file, "rules.quota_requests: is -1; it must be from 0"),
        ("quota_window = 59", file, "rules.quota_window: is 59; it must be from 60 to 2592000 seconds"),
        ("quota_window = 2592001", file, "rules.quota_window: is 2592001"),
        ("quota_open_uploads = 1001", file, "rules.quota_open_uploads: is 1001; it must be from 0 to 1000"),
        ("quota_bytes = \"1.5GiB\"", file, "rules.quota_bytes: \"1.5GiB\" has a fraction"),
        ("shadow = \"strict\"", "", "rules.shadow: \"strict\" is no profile; write [profiles.NAME]"),
        ("shadow = \"strct\"\n[profiles.strict]\nmax_size = 1", "", "did you mean \"strict\"?"),
        ("shadow = \"default\"", "", "rules.shadow: names these rules themselves"),
        ("max_size = 5\n[profiles.a]\nshadow = \"a\"", "", "profiles.a.shadow: names these rules themselves"),
        (
            "shadow = \"a\"\n[profiles.a]\nshadow = \"b\"\n[profiles.b]\nmax_size = 1", "",
            "rules.shadow: \"a\" has a shadow of its own, \"b\"; rules on trial try no others"
        ),
    ])
    func wrong(rules: String, more: String, problem: String) throws {
        let problems = try problems(rules, more)
        #expect(problems.count >= 1)
        #expect(problems.first?.contains(problem) == true, "\(problems)")
    }

    /// Who is on trial by [rules] would else be on trial by itself.
    @Test func aShadowIsNotInheritedByItself() throws {
        let rules = """
            shadow = "strict"
            [profiles.strict]
            max_size = 7
            [profiles.videos]
            max_size = 9
            [profiles.off]
            shadow = ""
            [profiles.other]
            shadow = "videos2"
            [profiles.videos2]
            shadow = ""
            """
        let site = try Site(try load(rules, "").configuration, .fixed())
        #expect(site.rules.shadow?.profile.rules.maximumSize == 7)
        #expect(site.profiles["strict"]?.shadow == nil)
        #expect(site.profiles["videos"]?.shadow?.profile.name == "strict")
        #expect(site.profiles["off"]?.shadow == nil)
        #expect(site.profiles["other"]?.shadow?.profile.name == "videos2")
    }

    @Test func theDefaultRulesOnTrial() throws {
        let site = try Site(
            try load("max_size = 5\n[profiles.a]\nmax_size = 9\nshadow = \"default\"", "").configuration, .fixed())
        #expect(site.profiles["a"]?.shadow?.profile.rules.maximumSize == 5)
    }

    @Test(arguments: [
        ("quota_bytes = \"1MiB\"", "rules.quota_bytes: is less than max_size, which is 5GiB"),
        (
            "quota_requests = 5\n[identity]\nanonymous = true\n[server]\nsecret_file = \"/word\"",
            "rules.quota_requests: holds for each browser"
        ),
        (
            "max_size = \"1MiB\"\nquota_bytes = \"1MiB\"\n[profiles.a]\nmax_size = \"2MiB\"",
            "profiles.a.quota_bytes: is less than max_size, which is 2MiB"
        ),
    ])
    func unwise(rules: String, warning: String) throws {
        let warnings = try load(rules).warnings
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains(warning) == true, "\(warnings)")
    }

    @Test func whatIsUploadedWithLentKeysIsNotCounted() throws {
        let lent = Self.file + "[browser_credentials]\nrole_arn = \"arn:aws:iam::123456789012:role/browsers\"\n"
        let warnings = try load("quota_open_uploads = 1", lent).warnings
        #expect(warnings.contains { $0.contains("rules.quota_open_uploads: counts nothing of what browsers upload") })
        #expect(try !load("max_size = 5", lent).warnings.contains { $0.contains("counts nothing") })
    }

    @Test func theFolder() throws {
        let test = try TestLedger()
        func configuration(_ path: String) throws -> Configuration {
            try load("quota_requests = 1", "[quotas]\nfile = \"\(path)\"\nentries = 64").configuration
        }
        let fine = try configuration(test.path)
        #expect(try fine.checkQuotas() == nil)
        // Looked at only: a file of root's would be of no use to the service.
        #expect(test.bytes.isEmpty)
        try fine.prepareQuotas(of: Site(fine, .fixed()))
        #expect(test.bytes.count == 64 + 64 * 64)
        let missing = try configuration(test.folder + "/none/quotas")
        #expect(try missing.checkQuotas()?.contains("/none is not there yet") == true)
        #expect(throws: ConfigurationError.self) { try missing.prepareQuotas(of: Site(missing, .fixed())) }
        let wrong = try configuration(test.path + "/below/quotas")
        #expect(throws: ConfigurationError.self) { try wrong.checkQuotas() }
    }
}
