import Testing

@testable import S3Authorization

struct KeyPrefixTests {
    @Test(arguments: [
        ("frodo", "frodo/"), ("jürgen", "j%C3%BCrgen/"), ("a+b", "a+b/"), ("o'neil", "o%27neil/"),
        ("DOM\\user", "DOM%5Cuser/"), ("a/b", "a%2Fb/"), ("a%2Fb", "a%252Fb/"), ("A.b_c@d-e", "A.b_c@d-e/"),
        ("~frodo", "%7Efrodo/"), ("a b", "a%20b/"), ("...", ".../"), ("*", "%2A/"),
        ("${filename}", "%24%7Bfilename%7D/"),
        ("é", "%C3%A9/"), ("e\u{301}", "e%CC%81/"), ("\u{202e}x", "%E2%80%AEx/"), ("\"", "%22/"),
    ])
    func users(user: String, prefix: String) throws {
        #expect(try KeyPrefix(user: ByteString(user)).text == ByteString(prefix))
    }

    @Test(
        arguments: [
            ("", .empty), (".", .dotSegment), ("..", .dotSegment), ("a\0b", .controlCharacter),
            ("a\r\nb", .controlCharacter),
            ("\u{7f}", .controlCharacter), ("a\u{85}", .controlCharacter), ("\u{9f}", .controlCharacter),
            (String(repeating: "a", count: 257), .tooLong), (String(repeating: "é", count: 129), .tooLong),
        ] as [(String, KeyPrefix.Invalid)])
    func refused(user: String, reason: KeyPrefix.Invalid) {
        #expect(throws: reason) { try KeyPrefix(user: ByteString(user)) }
    }

    @Test func longestAndNotUTF8() throws {
        #expect(try KeyPrefix(user: ByteString(String(repeating: "ü", count: 128))).text.count == 769)
        #expect(throws: KeyPrefix.Invalid.notUTF8) { try KeyPrefix(user: ByteString([0x61, 0xff])) }
        #expect(throws: KeyPrefix.Invalid.notUTF8) { try KeyPrefix(user: ByteString([0xed, 0xa0, 0x80])) }
    }

    /// No two users share a prefix, and none has one that begins with another's.
    @Test func prefixesAreApart() throws {
        let users = ["a", "a/", "a/b", "a%2F", "a%2Fb", "A", "~a", "%7Ea", "é", "e\u{301}", "a ", "ab", "a."]
        let prefixes = try users.map { try KeyPrefix(user: ByteString($0)).text }
        for (index, prefix) in prefixes.enumerated() {
            for (other, text) in prefixes.enumerated() where other != index {
                #expect(!text.hasPrefix(prefix), "\(users[other]) lies in \(users[index])'s prefix")
            }
        }
    }

    @Test func anonymous() throws {
        let prefix = KeyPrefix(anonymous: Array(0..<16))
        #expect(prefix.text == "~000102030405060708090a0b0c0d0e0f/")
        #expect(try KeyPrefix(user: "~000102030405060708090a0b0c0d0e0f") != prefix)
    }
}
