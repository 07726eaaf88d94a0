/// URI encoding as AWS defines it: letters, digits, `-`, `.`, `_` and `~` stand for themselves, every other byte is
/// written `%XX` in upper case. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
package enum PercentEncoding {
    package enum DecodingError: Error, Equatable {
        /// A `%` without two hexadecimal digits after it.
        case escape
    }

    package static func append(_ text: ByteString, keepingSlash: Bool = false, to output: inout [UInt8]) {
        output.reserveCapacity(output.count + text.count)
        for byte in text.bytes {
            if isUnreserved(byte) || keepingSlash && byte == UInt8(ascii: "/") {
                output.append(byte)
            } else {
                appendEscape(of: byte, to: &output)
            }
        }
    }

    /// `%XX`, whatever the byte is.
    static func appendEscape(of byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "%"))
        output.append(digit(byte >> 4))
        output.append(digit(byte & 15))
    }

    package static func encode(_ text: ByteString, keepingSlash: Bool = false) -> ByteString {
        var output: [UInt8] = []
        append(text, keepingSlash: keepingSlash, to: &output)
        return ByteString(output)
    }

    /// The bytes that `text` stands for; whatever is not an escape stands for itself.
    package static func decode(_ text: ByteString) throws(DecodingError) -> ByteString {
        try decode(text, plusIsSpace: false)
    }

    /// As `decode`, and `+` is a space: https://url.spec.whatwg.org/#concept-urlencoded-parser
    package static func decodeForm(_ text: ByteString) throws(DecodingError) -> ByteString {
        try decode(text, plusIsSpace: true)
    }

    private static func decode(_ text: ByteString, plusIsSpace: Bool) throws(DecodingError) -> ByteString {
        let bytes = text.bytes
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: "%"):
                guard bytes.endIndex - index > 2, let high = value(bytes[index + 1]), let low = value(bytes[index + 2])
                else { throw .escape }
                output.append(high << 4 | low)
                index += 3
            case UInt8(ascii: "+") where plusIsSpace:
                output.append(UInt8(ascii: " "))
                index += 1
            case let byte:
                output.append(byte)
                index += 1
            }
        }
        return ByteString(output)
    }

    /// Whether `text` is ASCII, its escapes are whole, and what they stand for is printable ASCII: told in one pass, with
    /// nothing decoded. False says nothing about other characters.
    package static func decodesToPrintableASCII(_ text: ByteString) -> Bool {
        unsafe text.bytes.withUnsafeBufferPointer { bytes in
            var index = 0
            while index < bytes.count {
                if bytes.count &- index >= 8 {
                    let word = unsafe UnsafeRawBufferPointer(bytes)
                        .loadUnaligned(fromByteOffset: index, as: UInt64.self)
                    let (percent, delete) = (UInt8(ascii: "%"), UInt8(0x7f))
                    let others = ASCIIWord.others(
                        in: UInt64(littleEndian: word), below: 0x20, (percent, delete, percent, delete))
                    index &+= others.trailingZeroBitCount / 8
                    if others == 0 { continue }
                }
                var byte = unsafe bytes[index]
                index &+= 1
                if byte == UInt8(ascii: "%") {
                    guard bytes.count &- index >= 2, let high = unsafe value(bytes[index]),
                        let low = unsafe value(bytes[index &+ 1])
                    else { return false }
                    byte = high << 4 | low
                    index &+= 2
                }
                guard byte >= 0x20, byte < 0x7f else { return false }
            }
            return true
        }
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default:
            false
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
