import Testing

@testable import S3Authorization

struct KeyRulesTests {
    private func message(_ key: ByteString, _ characters: KeyCharacters) throws -> String? {
        KeyRules(characters: characters, prefix: try KeyPrefix(user: "frodo")).violation(of: key)?.message
    }

    static let invalid = "Invalid character in key"
    static let segment = "Key should not have an empty, '.' or '..' segment"

    /// drf-to-s3's URL characters, each alone.
    @Test func theStrictAlphabet() throws {
        let plain = Set("abcxyzABCXYZ0123456789-._~:/?#[]@!$&'()*+,;=".utf8)
        for byte in UInt8(0)...0xff {
            let name = ByteString(Array("frodo/a".utf8) + [byte] + Array("z".utf8))
            let isLetter = (0x61...0x7a).contains(byte | 0x20) && byte < 0x80
            let allowed = plain.contains(byte) || isLetter
            #expect(try message(name, .strict) == (allowed ? nil : Self.invalid), "byte \(byte)")
            #expect(try message(name, .unicode) == (allowed || byte == 0x20 ? nil : Self.invalid), "byte \(byte)")
        }
    }

    /// What people's files are called.
    @Test(arguments: [
        "Screenshot 2026-11-22 at 3.04.05\u{202f}PM.png", "写真（１）.jpg", "レポート・最終版「改」.pdf", "party 🎉.png", "❤️ hearts.gif",
        "👍🏽.png", "🇩🇪.svg", "“Draft” – it’s ‘final’….docx", "Müller & Söhne (Übersicht).xlsx", "nai\u{308}ve.txt",
        "Ångström.dat",
        "Отчёт №5.doc", "تقرير.pdf", "דוח.pdf", "रिपोर्ट.pdf", "รายงาน.pdf", "báo cáo.pdf", "10€ ½ ²³.txt", "a\u{a0}b.txt",
        "全角\u{3000}空白.txt", "葛\u{e0100}城.txt",
    ])
    func realFileNames(name: String) throws {
        #expect(try message(ByteString("frodo/\(name)"), .unicode) == nil)
        #expect(try message(ByteString("frodo/\(name)"), .strict) == Self.invalid)
    }

    static let attacks: [(String, String)] = [
        ("frodo/", segment), ("frodo//a", segment), ("frodo/a/", segment), ("frodo/./a", segment),
        ("frodo/../sam/a", segment), ("frodo/a/..", segment), ("frodo/a/../b", segment), ("frodo/.", segment),
        ("frodo/%2e%2e/a", invalid), ("frodo/a%2fb", invalid), ("frodo/a%00", invalid), ("frodo/100%", invalid),
        ("frodo/a\\b", invalid), ("frodo/..\\sam", invalid), ("frodo/a\0b", invalid), ("frodo/a\r\nb", invalid),
        ("frodo/a\u{7f}", invalid), ("frodo/a\u{85}", invalid), ("frodo/<script>", invalid), ("frodo/a\"b", invalid),
        ("frodo/a`b", invalid), ("frodo/{a}", invalid), ("frodo/a|b", invalid), ("frodo/a^b", invalid),
        ("frodo/${filename}", "Key should not use ${filename}: what is signed is one key"),
        ("frodo/a${filename}b", "Key should not use ${filename}: what is signed is one key"),
    ]

    @Test(arguments: attacks, [KeyCharacters.strict, .unicode])
    func attacksInEitherAlphabet(attack: (key: String, message: String), characters: KeyCharacters) throws {
        #expect(try message(ByteString(attack.key), characters) == attack.message)
    }

    @Test(arguments: [
        "\u{202e}gpj.exe", "a\u{202d}b", "a\u{2066}b", "a\u{200b}b", "a\u{200c}b", "a\u{200d}b", "a\u{200e}b",
        "a\u{feff}b",
        "a\u{ad}b", "a\u{34f}b", "a\u{2060}b", "a\u{115f}b", "a\u{3164}b", "a\u{ffa0}b", "a\u{2800}b", "a\u{2028}b",
        "a\u{2029}b", "a\u{e0041}b", "a\u{e000}b", "a\u{fffe}b", "a\u{378}b", "a\u{61c}b", "a\u{180e}b", "\u{301}a",
        "x/\u{301}a", "a\u{ff0f}b", "a\u{2215}b", "a\u{2044}b", "a\u{29f8}b", "a\u{ff3c}b", "a\u{2216}b", "\u{2025}/b",
        "\u{2024}\u{2024}/b", "\u{ff0e}\u{ff0e}/b", "\u{fe30}/b", "a\u{ff05}2f", "a\u{fe6a}2f", "a\u{66a}2f",
        "\u{2100}",
        "👨\u{200d}👩\u{200d}👧.png",
    ])
    func invisibleOrMisleading(name: String) throws {
        #expect(try message(ByteString("frodo/\(name)"), .unicode) == Self.invalid)
        #expect(try message(ByteString("frodo/\(name)"), .strict) == Self.invalid)
    }

    @Test(arguments: [
        "sam/a", "frodo_hijack/a", "frodobaggins/a", "frodo", "Frodo/a", "/frodo/a", "fro", "", " frodo/a", "ｆrodo/a",
        "frodo\u{ff0f}a", "frodo\u{301}/a", "../frodo/a", "${filename}",
    ])
    func othersPrefixes(key: String) throws {
        let violation = KeyRules(characters: .unicode, prefix: try KeyPrefix(user: "frodo")).violation(
            of: ByteString(key))
        #expect(violation?.message == "Key should start with 'frodo/'")
        #expect(violation?.kind == .notPermitted)
    }

    /// Canonically equal, and still another user's.
    @Test func prefixesAreBytes() throws {
        let rules = KeyRules(characters: .unicode, prefix: KeyPrefix(anonymous: [0xaa]))
        #expect(rules.violation(of: "~aa/x") == nil)
        #expect(rules.violation(of: "~AA/x")?.kind == .notPermitted)
        let jürgen = KeyRules(characters: .unicode, prefix: try KeyPrefix(user: "jürgen"))
        #expect(jürgen.violation(of: "j%C3%BCrgen/x") == nil)
        #expect(jürgen.violation(of: "j%c3%bcrgen/x")?.kind == .notPermitted)
        #expect(jürgen.violation(of: "jürgen/x")?.kind == .notPermitted)
    }

    @Test func lengths() throws {
        let longest = "frodo/" + String(repeating: "a", count: 1018)
        #expect(try message(ByteString(longest), .strict) == nil)
        #expect(try message(ByteString(longest + "a"), .strict) == "Key too long")
        // Bytes count, not characters.
        let marks = "frodo/k" + String(repeating: "\u{301}", count: 508)
        #expect(try message(ByteString(marks), .unicode) == nil)
        #expect(try message(ByteString(marks + "\u{301}"), .unicode) == "Key too long")
    }

    @Test func notUTF8() throws {
        for bytes: [UInt8] in [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x80]] {
            #expect(try message(ByteString(Array("frodo/a".utf8) + bytes), .unicode) == Self.invalid)
        }
    }
}
