/// Eight bytes of a text, looked at all at once.
///
/// <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>
package enum ASCIIWord {
    /// Four bytes that are wanted no more than those that are too small; all are ASCII, and one may stand twice.
    package typealias Unwanted = (UInt8, UInt8, UInt8, UInt8)

    /// The highest bit of every byte that is no ASCII, is below `lowest`, or is unwanted; the lowest such bit is that of the
    /// first such byte, and what lies above it may be wrong.
    ///
    /// A subtraction sets the highest bit of a byte that is too small. What is borrowed from the next byte changes nothing
    /// before it.
    @inline(__always)
    static func others(in bytes: UInt64, below lowest: UInt8, _ unwanted: Unwanted) -> UInt64 {
        let each: UInt64 = 0x0101_0101_0101_0101
        var others = bytes | (bytes &- each &* UInt64(lowest))
        others |= (bytes ^ each &* UInt64(unwanted.0)) &- each
        others |= (bytes ^ each &* UInt64(unwanted.1)) &- each
        others |= (bytes ^ each &* UInt64(unwanted.2)) &- each
        others |= (bytes ^ each &* UInt64(unwanted.3)) &- each
        return others & 0x8080_8080_8080_8080
    }

    /// Whether a text has no such byte.
    package static func areNone(in text: Span<UInt8>, below lowest: UInt8, _ unwanted: Unwanted) -> Bool {
        unsafe text.withUnsafeBytes { text in
            var index = 0
            while text.count &- index >= 8 {
                let word = unsafe text.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                guard others(in: word, below: lowest, unwanted) == 0 else { return false }
                index &+= 8
            }
            guard index < text.count else { return true }
            if text.count >= 8 {
                // Some of it for the second time.
                let word = unsafe text.loadUnaligned(fromByteOffset: text.count &- 8, as: UInt64.self)
                return others(in: word, below: lowest, unwanted) == 0
            }
            var word: UInt64 = 0
            // The first byte fills up what is missing.
            for index in 0..<8 { word = unsafe word << 8 | UInt64(text[index < text.count ? index : 0]) }
            return others(in: word, below: lowest, unwanted) == 0
        }
    }
}
