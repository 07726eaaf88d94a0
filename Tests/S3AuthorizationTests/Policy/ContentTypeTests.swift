import Testing

@testable import S3Authorization

struct ContentTypeTests {
    @Test(
        arguments: [
            ("image/png", "image", "png"), ("IMAGE/PNG", "image", "png"), ("text/plain;charset=utf-8", "text", "plain"),
            ("text/plain; charset=UTF-8", "text", "plain"), ("text/plain ; charset=\"utf-8\"", "text", "plain"),
            ("application/vnd.oasis.opendocument.text", "application", "vnd.oasis.opendocument.text"),
            ("image/svg+xml", "image", "svg+xml"), ("video/mp4; codecs=\"avc1.42E01E, mp4a.40.2\"", "video", "mp4"),
            ("video/webm;codecs=vp8,opus", "video", "webm"),
            ("video/mp4; codecs=avc1.42000a,mp4a.40.2", "video", "mp4"), ("multipart/x;a=b;c=d", "multipart", "x"),
            ("1/2", "1", "2"), ("x/!", nil, nil),
            ("x/a!#$&-^_.+", "x", "a!#$&-^_.+"),
        ] as [(String, String?, String?)])
    func parsed(text: String, type: String?, subtype: String?) {
        let parsed = ContentType(ByteString(text))
        #expect(parsed?.type.lowercasedASCII == type.map { ByteString($0) })
        #expect(parsed?.subtype.lowercasedASCII == subtype.map { ByteString($0) })
    }

    @Test(arguments: [
        "", "/", "image", "image/", "/png", "image/png/x", "image//png", "image /png", "image/ png", " image/png",
        "image/png,text/html", "image/png;a=b,text/html", "image/png;a=b,c/d;e=f", "image/png;a=b,c;d/e=f",
        "image/png;", "image/png;charset", "image/png;=x", "image/png;a=", "image/png;a=b;;c=d",
        "image/png\r\nX: y", "image/png\0", "image/p\u{e9}g", "image/*", "*/*", "image/png;a=\"b",
        "image/png;a=\"b\"c\"",
        "image/png;a=b c", "image/png;a=\"\\\"\"", "-a/b", "a/-b", "image/png\t",
    ])
    func refused(text: String) {
        #expect(ContentType(ByteString(text)) == nil)
    }

    @Test func lengths() {
        #expect(ContentType(ByteString("a/" + String(repeating: "b", count: 127))) != nil)
        #expect(ContentType(ByteString("a/" + String(repeating: "b", count: 128))) == nil)
        #expect(ContentType(ByteString("a/b;c=" + String(repeating: "d", count: 249))) != nil)
        #expect(ContentType(ByteString("a/b;c=" + String(repeating: "d", count: 250))) == nil)
    }

    @Test(arguments: [
        ("image/*", "image/png", true), ("image/*", "image/svg+xml", true), ("image/*", "imagex/png", false),
        ("image/*", "video/mp4", false), ("image/png", "IMAGE/png; a=b", true), ("Image/PNG", "image/png", true),
        ("image/png", "image/png2", false), ("*/*", "a/b", true), ("application/pdf", "text/pdf", false),
    ])
    func patterns(pattern: String, type: String, matches: Bool) throws {
        let parsed = try #require(ContentTypePattern(pattern))
        #expect(parsed.matches(try #require(ContentType(ByteString(type)))) == matches)
        #expect(parsed.description == pattern)
    }

    @Test(arguments: ["", "*", "*/png", "image", "image/", "image/**", "image/p*", "image/*/*", "image/* "])
    func badPatterns(text: String) {
        #expect(ContentTypePattern(text) == nil)
    }
}
