import S3Authorization
import Testing

@testable import UploadService

@Suite struct FormReaderTests {
    @Test(arguments: [
        ("", []), ("&", []), ("a=1", ["a|1"]), ("a=1&&&d=2", ["a|1", "d|2"]), ("&a=1&", ["a|1"]), ("a", ["a|"]),
        ("a=", ["a|"]), ("=", ["|"]), ("=1", ["|1"]), ("a=b=c==", ["a|b=c=="]), ("a+b=c+d", ["a b|c d"]),
        ("a%2Bb=%3D%26", ["a+b|=&"]), ("a;b=c;d", ["a;b|c;d"]), ("n=%c3%A9%F0%9F%98%80", ["n|é😀"]),
        ("a=1&a=2", ["a|1", "a|2"]), ("a=é", ["a|é"]), ("a%5Bb%5D=1", ["a[b]|1"]), ("?a=1#b", ["?a|1#b"]),
    ])
    func pairs(text: String, expected: [String]) throws {
        #expect(try FormReader.pairs(ByteString(text)).map { "\($0.name)|\($0.value)" } == expected)
    }

    @Test(arguments: ["a=%", "a=%4", "a=%4g", "a=%%41", "a=%u0041", "%=1", "a%2=1", "a=%+41", "a=% 41"])
    func brokenEscapes(text: String) {
        #expect(throws: FormError.escape(pair: 2)) { try FormReader.pairs(ByteString("ok=1&" + text)) }
    }

    @Test(arguments: ["a=%FF", "%80=1", "a=%C0%AF", "a=%ED%A0%80", "a=%F4%90%80%80", "a=%E2%82", "a=%C3+"])
    func notUTF8(text: String) {
        #expect(throws: FormError.notUTF8(pair: 1)) { try FormReader.pairs(ByteString(text)) }
    }

    @Test func atMostAThousandPairs() throws {
        let thousand = (0..<1000).map { "p\($0)=1" }.joined(separator: "&")
        #expect(try FormReader.pairs(ByteString(thousand)).count == 1000)
        #expect(throws: FormError.tooManyPairs) { try FormReader.pairs(ByteString(thousand + "&a")) }
        #expect(try FormReader.pairs(ByteString(thousand + "&&&")).count == 1000)
    }

    @Test(arguments: [
        ("", false), ("plain", false), ("a\u{0}", true), ("\n", true), ("a\u{7f}", true), ("\u{80}", true),
        ("x\u{9f}", true), ("\u{a0}", false), ("Ā\u{100}", false), ("€\u{202e}", false), ("à", false),
    ])
    func controlCharacters(text: String, has: Bool) {
        #expect(ByteString(text).hasControlCharacter == has)
        let scalars = text.unicodeScalars.contains { $0.value < 32 || (0x7f...0x9f).contains($0.value) }
        #expect(ByteString(text).hasControlCharacter == scalars)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func whatIsEncodedComesBack(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let pairs = (0..<Int.random(in: 0...20, using: &random)).map { _ in
            (random.text(1...8), random.text(0...30))
        }
        let read = try FormReader.pairs(ByteString(urlencoded(pairs)))
        #expect(read == pairs.map { FormPair(ByteString($0.0), ByteString($0.1)) })
    }

    /// Any bytes at all: taken or refused, and what is taken is UTF-8 and its JSON is JSON.
    @Test(arguments: 0..<64 as Range<UInt64>)
    func anyBytes(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let alphabet = Array("a0=&&%%[][]+;\"\\4fF".utf8) + [0x00, 0x80, 0xc3, 0xa9, 0xff]
        for _ in 0..<100 {
            let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                alphabet.randomElement(using: &random) ?? 0
            }
            guard let pairs = try? FormReader.pairs(ByteString(bytes)) else { continue }
            #expect(pairs.allSatisfy { $0.name.string != nil && $0.value.string != nil })
            guard let members = try? NestedForm(pairs).members else { continue }
            #expect(Set(members.map(\.name)).count == members.count)
            #expect(members.allSatisfy { parsed($0.json.bytes) != nil }, "\(ByteString(bytes))")
        }
    }
}
