import Testing

@testable import S3Authorization

/// The rules that no vector names one by one.
struct CanonicalRequestTests {
    static let queries: [([(String, String)], String)] = [
        ([("a", "1"), ("b", "2")], "a=1&b=2"), ([("b", "2"), ("a", "1")], "a=1&b=2"),
        ([("uploads", "")], "uploads="), ([], ""),
        // By name and then by value, never as one text: `=` stands after `-`.
        ([("Param-3", "x"), ("Param", "y")], "Param=y&Param-3=x"),
        ([("a", "2"), ("a", "10"), ("a", "1")], "a=1&a=10&a=2"),
        // Sorted once encoded: `%` stands before every letter.
        ([("a", "1"), ("é", "2"), ("B", "3")], "%C3%A9=2&B=3&a=1"), ([("k y", "a/b+c")], "k%20y=a%2Fb%2Bc"),
    ]

    @Test(arguments: queries)
    func query(parameters: [(String, String)], text: String) {
        let query = CanonicalQuery(parameters.map { QueryParameter(ByteString($0.0), ByteString($0.1)) })
        #expect(query.text == ByteString(text))
    }

    @Test func headers() {
        let headers = CanonicalHeaders([
            HeaderField("X-Amz-Meta-B", "  two   spaces\tand a tab "), HeaderField("Host", "s3.test"),
            HeaderField("x-amz-meta-a", ""), HeaderField("X-AMZ-META-B", "again"), HeaderField("x-amz-meta", "   "),
        ])
        #expect(headers.names == "host;x-amz-meta;x-amz-meta-a;x-amz-meta-b")
        #expect(
            headers.lines
                == "host:s3.test\nx-amz-meta:\nx-amz-meta-a:\nx-amz-meta-b:two spaces and a tab,again\n")
    }

    @Test(arguments: [("", "/"), ("/", "/"), ("/a//b/../c/./", "/a//b/../c/./"), ("/%C3%A9", "/%C3%A9")])
    func pathOfS3(path: String, text: String) {
        #expect(CanonicalPath(ByteString(path)).text == ByteString(text))
    }

    @Test(arguments: [
        ("", "/"), ("/a/../..", "/"), ("/a/b/../", "/a/"), ("/a/b/..", "/a"), ("/%C3%A9 ", "/%25C3%25A9%20"),
        ("/...//.a", "/.../.a"),
    ])
    func pathElsewhere(path: String, text: String) {
        #expect(CanonicalPath(ByteString(path), rules: .otherService(normalizes: true)).text == ByteString(text))
    }
}
