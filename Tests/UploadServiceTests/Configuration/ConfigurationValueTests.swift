import S3Authorization
import Testing

@testable import UploadService

@Suite struct ConfigurationValueTests {
    @Test(arguments: [
        ("0", 0), ("1048576", 1_048_576), ("12B", 12), ("64KiB", 65_536), ("64kib", 65_536), ("64 KiB", 65_536),
        ("10kB", 10_000), ("10KB", 10_000), ("100MB", 100_000_000), ("5GiB", 5_368_709_120), ("5 GiB", 5_368_709_120),
        ("2GB", 2_000_000_000), ("1TB", 1_000_000_000_000), ("5TiB", 5_497_558_138_880), ("007", 7),
        ("9223372036854775807", Int.max),
    ])
    func sizes(text: String, bytes: Int) throws {
        #expect(try ByteSize.parse(text) == bytes)
    }

    @Test(arguments: [
        ("", "is not a size"), ("GiB", "is not a size"), ("-1", "is not a size"), (" 1", "is not a size"),
        ("1.5GiB", "has a fraction"), ("5G", "say \"GiB\" (1024) or \"GB\" (1000)"), ("5 m", "say \"MiB\" (1024)"),
        ("5  GiB", "has no unit that is known"), ("5GiB ", "has no unit that is known"),
        ("5 eggs", "the units are B, kB"),
        ("9223372036854775808", "is too large"), ("9007199254740992KiB", "is too large"), ("٣", "is not a size"),
        ("5\u{212A}B", "has no unit that is known"),
    ])
    func notSizes(text: String, problem: String) {
        let error = #expect(throws: WrongValue.self) { try ByteSize.parse(text) }
        #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: [(0, "0B"), (1, "1B"), (1024, "1KiB"), (1000, "1kB"), (5 << 40, "5TiB"), (1500, "1500B")])
    func sizesAsText(bytes: Int, text: String) throws {
        #expect(ByteSize.text(bytes) == text)
        #expect(try ByteSize.parse(text) == bytes)
    }

    @Test(arguments: [
        ("https://Example.ORG", "https://example.org"),
        ("HTTPS://e.org:443/a", "https://e.org"),
        ("http://e.org:80", "http://e.org"), ("http://e.org:443", "http://e.org:443"),
        ("https://e.org:08443", "https://e.org:8443"),
        ("http://[::1]:7480/x", "http://[::1]:7480"),
        ("http://[2001:DB8::1]", "http://[2001:db8::1]"),
        ("http://a_b.org?q=/", "http://a_b.org"),
    ])
    func urls(text: String, origin: String) throws {
        let url = try HTTPURL(parsing: text)
        #expect(url.origin == origin)
        #expect(try HTTPURL(parsing: url.description) == url)
    }

    @Test func partsOfAURL() throws {
        let url = try HTTPURL(parsing: "https://e.org/a/b?c=d?e")
        #expect(url.path == "/a/b")
        #expect(url.query == "c=d?e")
        #expect(url.description == "https://e.org/a/b?c=d?e")
        #expect(try HTTPURL(parsing: "https://e.org").path == "/")
        #expect(try HTTPURL(parsing: "https://e.org/?").query == "")
    }

    @Test(arguments: [
        "", "e.org", "//e.org", "https:e.org", "https:///a", "https://:80", "https://e.org:65536", "https://e.org:1x",
        "https://e.org:+1", "https://-e.org", "https://e .org", "https://e.org\\@f.org", "https://u@e.org",
        "https://u:p@e.org",
        "https://e.org#", "https://[::1", "https://[e.org]", "https://[::1]x", "https://*.e.org", "https://e.org.",
        "ws://e.org",
        "https://e.org/\n", "https://e.org/é", "https://e:f:1",
    ])
    func notURLs(text: String) {
        #expect(throws: WrongValue.self) { try HTTPURL(parsing: text) }
    }

    @Test(arguments: [
        ("http://localhost", true), ("http://a.localhost", true), ("http://127.0.0.1", true),
        ("http://127.9.9.9", true),
        ("http://[::1]", true), ("http://127.example.org", false), ("http://localhost.org", false),
        ("http://10.0.0.1", false),
    ])
    func loopback(text: String, isLoopback: Bool) throws {
        #expect(try HTTPURL(parsing: text).isLoopback == isLoopback)
    }

    @Test(arguments: ["/", "/upload", "/upload/", "/a/b.c/~d_e-f"])
    func mounts(path: String) throws {
        let expected = path == "/upload/" ? "/upload" : path
        #expect(try Checks.mount(.string(path)) == expected)
    }

    @Test(arguments: [
        "", "upload", "//", "/a//b", "/a/./b", "/..", "/a?b", "/a#b", "/a b", "/ä", "/%61", "/a\\b", "/a//",
    ])
    func notMounts(path: String) {
        #expect(throws: WrongValue.self) { try Checks.mount(.string(path)) }
    }

    @Test(arguments: ["abc", "my.bucket.name", "a1-b2", "123", "1.2.3", String(repeating: "a", count: 63)])
    func buckets(name: String) throws {
        #expect(try Checks.bucket(.string(name)) == name)
    }

    @Test(arguments: [
        "", "ab", String(repeating: "a", count: 64), "A-b", "a_b", "a b", "a/b", ".ab", "ab.", "-ab", "ab-", "a..b",
        "1.2.3.4",
        "xn--abc", "sthree-a", "a-s3alias", "a--ol-s3", "a.mrap", "a--x-s3", "a--table-s3", "bücket",
    ])
    func notBuckets(name: String) {
        #expect(throws: WrongValue.self) { try Checks.bucket(.string(name)) }
    }

    @Test func mediaTypesAreLowerCase() throws {
        #expect(try Checks.mediaType(.string("Image/SVG+xml")) == "image/svg+xml")
        #expect(try Checks.mediaType(.string("*/*")) == "*/*")
    }
}
