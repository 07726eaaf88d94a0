import Testing

@testable import S3Authorization

@Suite struct ByteWriterTests {
    @Test func growsAsItMust() {
        var writer = ByteWriter(capacity: 0)
        var expected: [UInt8] = []
        for number in 0..<300 {
            writer.append(UInt8(truncatingIfNeeded: number))
            writer.append("text")
            writer.append(expected[...])
            expected = writer.bytes
            guard expected.count < 1 << 16 else { break }
        }
        #expect(expected.count == writer.bytes.count)
        // The first number and text, the second, and all before it once more.
        let first = [UInt8](arrayLiteral: 0) + Array("text".utf8)
        let second = [UInt8](arrayLiteral: 1) + Array("text".utf8)
        #expect(Array(expected.prefix(15)) == first + second + first)
    }

    @Test(arguments: [
        (0, "0"), (7, "7"), (10, "10"), (1_000_000, "1000000"), (UInt64.max, "18446744073709551615"),
    ])
    func writesNumbers(_ number: UInt64, _ text: String) {
        var writer = ByteWriter(capacity: 1)
        writer.append(decimal: number)
        #expect(writer.bytes == Array(text.utf8))
    }

    @Test(arguments: [("Aa-9", true), ("aA-9", true), ("aa-8", false), ("aa-", false), ("aA\r9", false)])
    func comparesInAnyCase(_ text: String, _ isEqual: Bool) {
        #expect(ByteString(text).isInAnyCase("aA-9") == isEqual)
        #expect(ByteString(text).equalsIgnoringASCIICase("aA-9") == isEqual)
    }
}
