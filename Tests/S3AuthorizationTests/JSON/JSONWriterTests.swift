import Foundation
import Testing

@testable import S3Authorization

struct JSONWriterTests {
    private func written(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.string(text)
        return writer.bytes
    }

    @Test(arguments: [
        ("", #""""#), ("a/b", #""a/b""#), ("\"\\", #""\"\\""#), ("\n\r\t", #""\n\r\t""#),
        ("\u{0}\u{8}\u{b}\u{c}\u{1f}", #""\u0000\u0008\u000b\u000c\u001f""#),
        ("é😀\u{7f}\u{2028}", "\"é😀\u{7f}\u{2028}\""),
    ])
    func escapes(text: String, json: String) {
        #expect(written(text) == Array(json.utf8))
    }

    @Test func everyScalarBelow0x300ComesBack() throws {
        for value in UInt32(0)..<0x300 {
            let text = Unicode.Scalar(value).map(String.init) ?? ""
            var reader = JSONReader(written("<\(text)>"))
            #expect(try reader.readString() == ByteString("<\(text)>"))
            try reader.end()
        }
    }

    /// Eight characters are looked at together: each place in them, and each byte there, must count.
    @Test func everyCharacterIsSeenAtEveryPlace() throws {
        for value in UInt8(0)..<0x80 {
            for place in 0..<17 {
                var text = [UInt8](repeating: UInt8(ascii: "a"), count: 17)
                text[place] = value
                let isPlain = value >= 0x20 && value != UInt8(ascii: "\"") && value != UInt8(ascii: "\\")
                let count = unsafe text.withUnsafeBufferPointer { unsafe PlainCharacters.count(in: $0, from: 0) }
                #expect(count == (isPlain ? 17 : place))
                var reader = JSONReader(written(String(decoding: text, as: UTF8.self)))
                #expect(try reader.readString() == ByteString(text))
            }
        }
    }

    @Test func growsWithWhatIsWritten() {
        var writer = JSONWriter(capacity: 0)
        writer.beginArray()
        for length in 0..<100 { writer.string(ByteString([UInt8](repeating: UInt8(ascii: "x"), count: length))) }
        writer.endArray()
        let strings = (0..<100).map { "\"" + String(repeating: "x", count: $0) + "\"" }
        #expect(ByteString(writer.bytes) == ByteString("[" + strings.joined(separator: ",") + "]"))
    }

    @Test func structure() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("a")
        writer.beginArray()
        writer.endArray()
        writer.escapedName("b\"")
        writer.beginArray()
        writer.number(-1)
        writer.number(UInt64.max)
        writer.boolean(true)
        writer.beginObject()
        writer.endObject()
        writer.string("x")
        writer.endArray()
        writer.name("c")
        writer.raw(Array("null".utf8))
        writer.name("d")
        writer.boolean(false)
        writer.endObject()
        let expected = #"{"a":[],"b\"":[-1,18446744073709551615,true,{},"x"],"c":null,"d":false}"#
        #expect(writer.bytes == Array(expected.utf8))
        #expect(try JSONReaderTests.read(writer.bytes) == ByteString(expected))
    }
}
