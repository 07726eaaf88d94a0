import Testing

@testable import S3Authorization

struct PercentEncodingTests {
    @Test func everyByte() throws {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        #expect(unreserved.count == 66)
        for byte in UInt8.min...UInt8.max {
            let text = ByteString([byte])
            let encoded = PercentEncoding.encode(text)
            if unreserved.contains(byte) {
                #expect(encoded == text)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                #expect(encoded == ByteString("%" + (digits.count < 2 ? "0" : "") + digits))
            }
            #expect(try PercentEncoding.decode(encoded) == text)
            #expect(try PercentEncoding.decodeForm(encoded) == text)
            let kept = PercentEncoding.encode(text, keepingSlash: true)
            #expect(kept == (byte == UInt8(ascii: "/") ? text : encoded))
        }
    }

    @Test func wholeTexts() throws {
        let key: ByteString = "a b/é+~(1)'.bin"
        #expect(PercentEncoding.encode(key, keepingSlash: true) == "a%20b/%C3%A9%2B~%281%29%27.bin")
        #expect(PercentEncoding.encode(key) == "a%20b%2F%C3%A9%2B~%281%29%27.bin")
        #expect(PercentEncoding.encode("") == "")
        // The composed and the decomposed form are two keys.
        #expect(PercentEncoding.encode("e\u{301}") == "e%CC%81")
        // A slice of a larger buffer.
        #expect(PercentEncoding.encode(ByteString(Array("xa/by".utf8)[1..<4])) == "a%2Fb")
    }

    @Test(arguments: [
        ("a%2fb", "a/b"), ("a%2Fb", "a/b"), ("a/b", "a/b"), ("%252F", "%2F"), ("a+b", "a+b"), ("", ""), ("%C3%A9", "é"),
    ])
    func decoded(text: String, expected: String) throws {
        #expect(try PercentEncoding.decode(ByteString(text)) == ByteString(expected))
    }

    @Test(arguments: [("a+b", "a b"), ("a%2Bb", "a+b"), ("+%20+", "   ")])
    func decodedForm(text: String, expected: String) throws {
        #expect(try PercentEncoding.decodeForm(ByteString(text)) == ByteString(expected))
    }

    @Test(arguments: ["%", "%2", "a%", "a%2", "%%20", "%2g", "%g2", "% 2", "%+2", "%u0041", "%é", "%00%"])
    func refused(text: String) {
        #expect(throws: PercentEncoding.DecodingError.escape) { try PercentEncoding.decode(ByteString(text)) }
        #expect(throws: PercentEncoding.DecodingError.escape) { try PercentEncoding.decodeForm(ByteString(text)) }
        #expect(throws: PercentEncoding.DecodingError.escape) {
            try PercentEncoding.decode(ByteString(Array("\(text)2020".utf8)[..<text.utf8.count]))
        }
    }
}
