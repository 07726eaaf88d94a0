import FastCGI
import S3Client
import Testing

@testable import S3Authorization
@testable import UploadService

/// A configuration as the site that requests are answered from.
struct ConfiguredSiteTests {
    private func site(_ toml: String, _ environment: [String: String] = [:]) throws -> Site {
        try Site(try Sample.load(toml, environment).configuration, .fixed())
    }

    @Test func least() throws {
        let site = try site(Sample.least)
        #expect(site.mount == "/upload" && site.url == nil && site.origins.isEmpty)
        #expect(site.identityParameter == "REMOTE_USER" && site.anonymous == nil && site.prefixCookie == nil)
        #expect(
            site.endpoint.url(bucket: "b-1", addressing: site.addressing) == "https://b-1.s3.eu-west-1.amazonaws.com/")
        let credentials = try site.credentials.credentials(until: Deadline(microseconds: 0))
        #expect(credentials.accessKeyID == "AKIAIOSFODNN7EXAMPLE" && credentials.sessionToken == nil)
        #expect(credentials.secret == Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
        let rules = site.rules.rules
        #expect(rules.bucket == "example-uploads" && rules.region == "eu-west-1" && rules.acl == "private")
        #expect(rules.maximumSize == 5_368_709_120 && rules.expiresAfter == 300 && rules.contentTypes.isEmpty)
        #expect(rules.signatureVersions == [.v2, .v4] && rules.redirects.isEmpty && rules.storageClasses.isEmpty)
        #expect(rules.encryptions.isEmpty && site.rules.bodyLimit == 65_536 && site.profiles.isEmpty)
        guard case .unicode = rules.keyCharacters else { return #expect(Bool(false)) }
    }

    @Test func full() throws {
        let site = try site(Sample.full)
        #expect(site.mount == "/files/upload" && site.url?.origin == "https://www.example.org")
        #expect(site.origins.map(\.origin) == ["https://app.example.org", "http://localhost:3000"])
        #expect(
            site.identityParameter == "OIDC_CLAIM_sub" && site.anonymous != nil && site.prefixCookie == "upload_prefix")
        #expect(site.endpoint.url(bucket: "b-1", addressing: site.addressing) == "https://objects.example.org/b-1")
        let credentials = try site.credentials.credentials(until: Deadline(microseconds: 0))
        #expect(credentials.sessionToken == "FILESECRET/token")
        let rules = site.rules.rules
        #expect(
            rules.region == "default" && rules.acl == "bucket-owner-full-control" && rules.maximumSize == 100_000_000)
        #expect(rules.contentTypes.map(\.description) == ["image/*", "application/pdf"])
        #expect(rules.signatureVersions == [.v4] && rules.expiresAfter == 600)
        #expect(rules.redirects.map(\.description) == ["https://www.example.org/done?from=upload"])
        #expect(rules.storageClasses == ["STANDARD_IA"] && rules.encryptions == ["AES256", "aws:kms"])
        #expect(site.rules.bodyLimit == 32_768)
        guard case .strict = rules.keyCharacters else { return #expect(Bool(false)) }
        let avatars = try #require(site.profiles["avatars"])
        #expect(avatars.name == "avatars" && avatars.rules.maximumSize == 2_097_152)
        #expect(
            avatars.rules.contentTypes.map(\.description) == ["image/*"] && avatars.rules.signatureVersions == [.v4])
    }

    @Test func turns() throws {
        #expect(try site(Sample.least("server", #"mount = "/""#)).mount == "")
        #expect(try site(Sample.least("uploads", #"acl = """#)).rules.rules.acl == nil)
        let frankfurt = Sample.least.replacing("eu-west-1", with: "eu-central-1")
        #expect(try site(frankfurt).rules.rules.signatureVersions == [.v4])
        let own = frankfurt.replacing("s3.eu-central-1.amazonaws.com", with: "s3.example.org")
        #expect(try site(own).rules.rules.signatureVersions == [.v2, .v4])
    }

    /// Stores that are known to take no forms; any other may be called one.
    @Test(arguments: [
        ("https://s3.eu-west-1.amazonaws.com", "", Site.UploadMethod.post),
        ("https://0123.r2.cloudflarestorage.com", "", .put), ("https://s3.eu-central-003.backblazeb2.com", "", .put),
        ("https://r2.cloudflarestorage.com.example.org", "", .post), ("https://notbackblazeb2.com", "", .post),
        ("https://0123.r2.cloudflarestorage.com", "post", .post), ("https://s3.example.org", "put", .put),
    ])
    func methods(endpoint: String, method: String, expected: Site.UploadMethod) throws {
        let text = Sample.least("rules", method.isEmpty ? "" : "method = \"\(method)\"")
            .replacing("https://s3.eu-west-1.amazonaws.com", with: endpoint)
        #expect(try site(text).rules.method == expected)
        #expect(try !site(text).rules.allowsListing && site(Sample.full).rules.allowsListing)
    }

    /// A pattern that the configuration takes must mean the same to the rules: one dropped would allow everything.
    @Test(arguments: ["image/*", "application/pdf", "*/*", "application/vnd.ms-excel", "image/svg+xml", "Image/PNG"])
    func noTypeIsLost(type: String) throws {
        guard let loaded = try? Sample.load(Sample.least("rules", "types = [\"\(type)\"]")) else { return }
        #expect(try Site(loaded.configuration, .fixed()).rules.rules.contentTypes.count == 1)
    }

    @Test(arguments: ["image/", "image/-x", "*/png", "image/*/*", "image png", "a/b;c=d", "é/x", "", "a/b c"])
    func badTypesAreRefusedEarly(type: String) {
        #expect(throws: ConfigurationError.self) { try Sample.load(Sample.least("rules", "types = [\"\(type)\"]")) }
    }
}
