import Testing

@testable import S3Authorization

struct EndpointTests {
    @Test(arguments: [
        ("https://s3.eu-west-1.amazonaws.com", "https://s3.eu-west-1.amazonaws.com/b/k"),
        ("https://S3.EU-West-1.amazonaws.com/", "https://s3.eu-west-1.amazonaws.com/b/k"),
        ("https://s3.test:443", "https://s3.test/b/k"), ("http://s3.test:80/", "http://s3.test/b/k"),
        ("https://s3.test:80", "https://s3.test:80/b/k"), ("http://s3.test:443", "http://s3.test:443/b/k"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/b/k"), ("http://[::1]:9000", "http://[::1]:9000/b/k"),
        ("http://[2001:DB8::1]", "http://[2001:db8::1]/b/k"), ("http://localhost:65535", "http://localhost:65535/b/k"),
        ("https://s3.test/gateway/s3", "https://s3.test/gateway/s3/b/k"),
        ("https://s3.test/gate%20way/", "https://s3.test/gate%20way/b/k"),
    ])
    func parsed(text: String, url: String) throws {
        let endpoint = try Endpoint(parsing: ByteString(text))
        #expect(endpoint.url(bucket: "b", key: "k", addressing: .path) == ByteString(url))
    }

    @Test(arguments: [
        ("", Endpoint.Invalid.scheme), ("s3.test", .scheme), ("ftp://s3.test", .scheme), ("https:/s3.test", .scheme),
        (" https://s3.test", .scheme), ("//s3.test", .scheme), ("https://", .host), ("https:///b", .host),
        ("https://user@s3.test", .host), ("https://user:secret@s3.test", .host), ("https://s3 test", .host),
        ("https://s3..test", .host), ("https://.s3.test", .host), ("https://s3.test.", .host),
        ("https://-s3.test", .host),
        ("https://s3-.test", .host), ("https://s3_.test", .host), ("https://é.test", .host),
        ("https://s3.test\n", .host),
        ("https://s3.test?x", .host), ("https://s3.test#x", .host), ("https://s3.test\\x", .host),
        ("https://[::1", .host),
        ("https://[]", .host), ("https://[s3.test]", .host), ("https://[::1]x", .host), ("https://:443", .host),
        ("https://s3.test:", .port), ("https://s3.test:0", .port), ("https://s3.test:080", .port),
        ("https://s3.test:65536", .port), ("https://s3.test:+80", .port), ("https://s3.test:80:80", .port),
        ("https://s3.test/a//b", .path), ("https://s3.test//", .path), ("https://s3.test/./a", .path),
        ("https://s3.test/a/..", .path), ("https://s3.test/a/%2e%2E", .path), ("https://s3.test/a?x", .path),
        ("https://s3.test/a#x", .path), ("https://s3.test/a b", .path), ("https://s3.test/é", .path),
        ("https://s3.test/%zz", .path), ("https://s3.test/a\\b", .path), ("https://s3.test/[", .path),
        ("https://s3.test/a\u{7f}", .path), ("https://s3.test/a\r", .path),
    ])
    func refused(text: String, error: Endpoint.Invalid) {
        #expect(throws: error) { try Endpoint(parsing: ByteString(text)) }
    }

    @Test(arguments: [
        ("https://s3.test", "uploads", "https://uploads.s3.test/a%20b"),
        ("https://s3.test:8443/base", "uploads", "https://uploads.s3.test:8443/base/a%20b"),
        ("https://s3.test", "dotted.name", "https://s3.test/dotted.name/a%20b"),
        ("http://s3.test", "dotted.name", "http://dotted.name.s3.test/a%20b"),
        ("http://127.0.0.1:9000", "uploads", "http://127.0.0.1:9000/uploads/a%20b"),
        ("http://[::1]:9000", "uploads", "http://[::1]:9000/uploads/a%20b"),
        ("https://s3.test", "Uploads", "https://s3.test/Uploads/a%20b"),
        ("https://s3.test", "up_loads", "https://s3.test/up_loads/a%20b"),
        ("https://s3.test", "up", "https://s3.test/up/a%20b"), ("https://s3.test", "-up", "https://s3.test/-up/a%20b"),
        ("https://s3.test", "up-", "https://s3.test/up-/a%20b"),
        ("http://s3.test", "a..b", "http://s3.test/a..b/a%20b"),
        ("http://s3.test", "10.0.0.1", "http://s3.test/10.0.0.1/a%20b"),
    ])
    func virtual(endpoint: String, bucket: String, url: String) throws {
        let endpoint = try Endpoint(parsing: ByteString(endpoint))
        #expect(endpoint.url(bucket: ByteString(bucket), key: "a b", addressing: .virtual) == ByteString(url))
    }

    @Test func bucketItself() throws {
        let endpoint = try Endpoint(parsing: "https://s3.test")
        #expect(endpoint.url(bucket: "uploads", addressing: .virtual) == "https://uploads.s3.test/")
        #expect(endpoint.url(bucket: "uploads", addressing: .path) == "https://s3.test/uploads")
        #expect(endpoint.path(bucket: "uploads", key: "/a//b/../c", addressing: .virtual) == "//a//b/../c")
    }

    /// Where browsers post to, as the same client answers it.
    @Test(arguments: [("botocore_post_v4", 48), ("botocore_post_v2", 32)]) func postURL(file: String, count: Int) throws
    {
        struct Vector: Decodable {
            struct Input: Decodable {
                let region, addressingStyle, bucket: String
                let endpointUrl: String?
            }
            struct Output: Decodable { let url: String }
            let id: String
            let `in`: Input
            let out: Output
        }
        let vectors: [Vector] = try Vectors.load(file)
        #expect(vectors.count >= count)
        for vector in vectors {
            let amazon = "https://s3.\(vector.in.region).amazonaws.com\(vector.in.region.hasPrefix("cn-") ? ".cn" : "")"
            let endpoint = try Endpoint(parsing: ByteString(vector.in.endpointUrl ?? amazon))
            let url = endpoint.url(
                bucket: ByteString(vector.in.bucket),
                addressing: vector.in.addressingStyle == "virtual" ? .virtual : .path)
            #expect(url.string == vector.out.url, "\(vector.id)")
        }
    }
}
