import Testing

@testable import UploadService

@Suite struct QueryWordsTests {
    private static func bytes(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

    @Test(arguments: ["", "v4=true", "serve+--listen+x&a=", "=", "a+b=c"])
    func makesNoArguments(query: String) {
        #expect(QueryWords(Array(query.utf8)[...]) == nil)
    }

    @Test(arguments: [
        ("v4", ["v4"]), ("serve+--listen+tcp:1", ["serve", "--listen", "tcp:1"]), ("++a++b+", ["a", "b"]), ("+", []),
        ("%2d%2dconfig+%2Ftmp%2fx", ["--config", "/tmp/x"]), ("a;b+$c", [#"a\;b"#, #"\$c"#]),
        (#"a\b"#, [#"a\\b"#]), ("%3b", [#"\;"#]), ("a%00b+c", ["a", "c"]),
        ("%zz%4+%+%+1%2", ["%zz%4", "%", "%", "1%2"]), ("%+5", ["%", "5"]), ("a%20b", ["a b"]),
    ])
    func explains(query: String, arguments: [String]) throws {
        let words = try #require(QueryWords(Array(query.utf8)[...]))
        #expect(words.areAll(of: Self.bytes(arguments)))
        #expect(!words.areAll(of: Self.bytes(["--config"] + arguments)))
        #expect(!words.areAll(of: Self.bytes(arguments + ["x"])))
    }

    @Test func aWordThatIsNotUTF8() throws {
        let words = try #require(QueryWords(Array("%ff".utf8)[...]))
        #expect(words.areAll(of: [[0xff]]) && !words.areAll(of: [[0xfe]]))
    }
}
