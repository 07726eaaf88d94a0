import Testing

@testable import S3Authorization

@Suite struct ASCIIWordTests {
    /// Every byte at every place of texts of every length up to three words.
    @Test func agreesWithALookAtEachByte() {
        let unwanted: ASCIIWord.Unwanted = (UInt8(ascii: "\""), UInt8(ascii: "="), UInt8(ascii: "\\"), 0x7f)
        for length in 0...24 {
            let text = [UInt8](repeating: UInt8(ascii: "!"), count: length)
            let isPlain = ASCIIWord.areNone(in: text.span, below: 0x21, unwanted)
            #expect(isPlain)
            for place in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var text = text
                    text[place] = byte
                    let isWanted = (0x21...0x7e).contains(byte) && ![0x22, 0x3d, 0x5c].contains(byte)
                    let isPlain = ASCIIWord.areNone(in: text.span, below: 0x21, unwanted)
                    #expect(isPlain == isWanted)
                }
            }
        }
    }
}
