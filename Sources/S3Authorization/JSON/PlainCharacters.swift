/// The characters that stand for themselves in a JSON string and are one byte long: ASCII from the space on, but for the
/// quote and the backslash.
enum PlainCharacters {
    /// How many of the bytes from `start` on are such characters; most of a policy is.
    static func count(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(bytes)
        var index = start
        while bytes.count &- index >= 8 {
            let word = unsafe raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let others = others(in: UInt64(littleEndian: word))
            guard others == 0 else { return index &- start &+ others.trailingZeroBitCount / 8 }
            index &+= 8
        }
        // Of a last word that is not whole, what precedes it was looked at before.
        if index < bytes.count, bytes.count &- start >= 8 {
            let word = unsafe raw.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self)
            if others(in: UInt64(littleEndian: word)) == 0 { return bytes.count &- start }
        }
        while index < bytes.count, unsafe isPlain(bytes[index]) { index &+= 1 }
        return index &- start
    }

    private static func others(in bytes: UInt64) -> UInt64 {
        let (quote, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
        return ASCIIWord.others(in: bytes, below: 0x20, (quote, backslash, quote, backslash))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }
}
