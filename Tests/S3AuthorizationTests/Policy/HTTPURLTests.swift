import Testing

@testable import S3Authorization

struct HTTPURLTests {
    @Test(
        arguments: [
            ("https://www.example.org", "https://www.example.org", 443, "/", nil),
            ("HTTPS://WWW.Example.ORG/A", "https://www.example.org", 443, "/A", nil),
            ("http://localhost:3000/a?b=c?d", "http://localhost:3000", 3000, "/a", "b=c?d"),
            ("https://a:443/", "https://a", 443, "/", nil), ("http://a:443/", "http://a:443", 443, "/", nil),
            ("https://[2001:DB8::1]:8443/x", "https://[2001:db8::1]:8443", 8443, "/x", nil),
            ("https://a?q", "https://a", 443, "/", "q"), ("https://a/?", "https://a", 443, "/", ""),
            ("https://a_b.c-d/~x/a%20b;c=d,e@f", "https://a_b.c-d", 443, "/~x/a%20b;c=d,e@f", nil),
            ("https://a/x..y/...", "https://a", 443, "/x..y/...", nil),
        ] as [(String, String, UInt16, String, String?)])
    func parsed(text: String, origin: String, port: UInt16, path: String, query: String?) throws {
        let url = try #require(HTTPURL(ByteString(text)))
        #expect(url.origin == origin)
        #expect(url.port == port)
        #expect(url.path == ByteString(path))
        #expect(url.query == query.map { ByteString($0) })
        #expect(HTTPURL(ByteString(url.description)) == url)
    }

    @Test(arguments: [
        "", "https://", "https:///a", "//a", "/a", "a.org", "ftp://a", "javascript:alert(1)", "data:text/html,x",
        "https:a",
        "https:/a", "https:\\\\a", " https://a", "https://a b", "https://a/b c", "https://user@a",
        "https://user:pass@a",
        "https://a@evil.org", "https://www.example.org:80@evil.org", "https://a\\@b", "https://a/\\b", "https://a#x",
        "https://a/#x", "https://a/?#", "https://a:", "https://a:0", "https://a:65536", "https://a:8a", "https://a:-1",
        "https://a..b", "https://.a", "https://a.", "https://-a", "https://a/..", "https://a/../b", "https://a/./b",
        "https://a/%2e%2e/b", "https://a/.%2E/b", "https://a/b/%2e", "https://a/\u{e9}", "https://\u{e9}.org",
        "https://a/b\r\nc", "https://a/\0", "https://a/<", "https://a/\"", "https://a/{b}", "https://a/?\"",
        "https://[::1",
        "https://::1", "https://[]", "https://[::1]x", "https://[g::1]", "https://a%2eb", "https://a/b|c",
        "https://a/^",
    ])
    func refused(text: String) {
        #expect(HTTPURL(ByteString(text)) == nil)
    }

    @Test(arguments: [
        ("https://a.org/b", "https://a.org", true), ("https://a.org", "https://a.org/", true),
        ("https://a.org/b/c?x=1", "https://a.org/b", true), ("https://a.org/b", "https://a.org/b/", false),
        ("https://a.org/b/", "https://a.org/b/", true), ("https://a.org/bc", "https://a.org/b", false),
        ("http://a.org/b", "https://a.org/b", false), ("https://a.org:444/b", "https://a.org/b", false),
        ("https://a.org.evil.org/b", "https://a.org/b", false), ("https://b.a.org/b", "https://a.org/b", false),
        ("https://a.org/B", "https://a.org/b", false),
    ])
    func below(url: String, root: String, isBelow: Bool) throws {
        let (url, root) = (try #require(HTTPURL(ByteString(url))), try #require(HTTPURL(ByteString(root))))
        #expect(url.isAtOrBelow(root) == isBelow)
    }

    @Test func lengths() {
        let label = String(repeating: "a", count: 63)
        #expect(HTTPURL(ByteString("https://\(label)")) != nil)
        #expect(HTTPURL(ByteString("https://\(label)a")) == nil)
        #expect(HTTPURL(ByteString("https://\(label).\(label).\(label).\(label)")) == nil)
    }

    @Test func returnPages() throws {
        func isOurs(_ page: ReturnPage, _ url: String) -> Bool {
            HTTPURL(ByteString(url)).map { page.matches($0) } ?? false
        }
        let plain = ReturnPage(host: "www.example.org", isPlainHTTPAllowed: false, path: "/upload/empty_html")
        #expect(isOurs(plain, "https://www.example.org/upload/empty_html"))
        #expect(isOurs(plain, "https://WWW.example.org:443/upload/empty_html?a=b"))
        #expect(!isOurs(plain, "http://www.example.org/upload/empty_html"))
        #expect(!isOurs(plain, "https://www.example.org/upload/empty_html/x"))
        #expect(!isOurs(plain, "https://www.example.org/upload/empty_htmlx"))
        #expect(!isOurs(plain, "https://www.example.org:8443/upload/empty_html"))
        #expect(!isOurs(plain, "https://evil.org/upload/empty_html"))
        let http = ReturnPage(host: "localhost:8080", isPlainHTTPAllowed: true, path: "/e")
        #expect(isOurs(http, "http://localhost:8080/e") && isOurs(http, "https://localhost:8080/e"))
        #expect(!isOurs(http, "http://localhost/e"))
        let broken = ReturnPage(host: "a b", isPlainHTTPAllowed: true, path: "/e")
        #expect(!isOurs(broken, "https://a/e"))
        let site = ReturnPage(site: try #require(HTTPURL("https://www.example.org")), path: "/e")
        #expect(isOurs(site, "https://www.example.org/e") && !isOurs(site, "http://www.example.org/e"))
    }
}
