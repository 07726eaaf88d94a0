import Testing

@testable import S3Authorization

struct EncodingTests {
    /// https://www.rfc-editor.org/rfc/rfc4648#section-10
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64(plain: String, encoded: String) throws {
        #expect(Base64.encode(ByteString(plain)) == ByteString(encoded))
        #expect(try Base64.decode(ByteString(encoded)) == Array(plain.utf8))
    }

    @Test func base64RoundTrip() throws {
        let all = (0...255).map { UInt8($0) }
        for count in 0...256 {
            let encoded = Base64.encode(Array(all.prefix(count)))
            #expect(encoded.count == (count + 2) / 3 * 4)
            #expect(try Base64.decode(encoded) == Array(all.prefix(count)))
        }
        // Every character of the alphabet, in its order.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        #expect(Base64.encode(try Base64.decode(ByteString(alphabet))) == ByteString(alphabet))
    }

    @Test(arguments: [
        ("Zg", Base64.DecodingError.length), ("Zg=", .length), ("Z", .length), ("Zm9v\n", .length),
        ("Zm9=Zm9v", .character), ("=m9v", .character), ("Z===", .character), ("====", .character),
        ("Zm-v", .character), ("Zm_v", .character), ("Zm v", .character), ("Zm9vZm\n=", .character),
        ("Zé9", .character), ("Zh==", .trailingBits), ("Zm9=", .trailingBits),
    ])
    func base64Refused(text: String, error: Base64.DecodingError) {
        #expect(throws: error) { try Base64.decode(ByteString(text)) }
    }

    @Test func hexadecimal() {
        #expect(Hexadecimal.encode([0x00, 0x09, 0x0a, 0x9f, 0xf0, 0xff]) == "00090a9ff0ff")
        #expect(Hexadecimal.encode([]) == "")
    }

    @Test(arguments: [
        ("", "", true), ("a", "a", true), ("a", "b", false), ("a", "ab", false), ("ab", "a", false), ("", "a", false),
        ("\u{e9}", "e\u{301}", false),
    ])
    func constantTime(left: String, right: String, equal: Bool) {
        #expect(ConstantTime.areEqual(ByteString(left), ByteString(right)) == equal)
        #expect(ConstantTime.areEqual(Array(left.utf8), Array(right.utf8)) == equal)
        #expect((Secret(left) == Secret(right)) == equal)
    }
}
