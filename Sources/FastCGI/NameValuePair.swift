import Glibc

/// Two lengths of one or four bytes, a name, a value.
///
/// FastCGI 1.0, section 3.4, <https://fastcgi-archives.github.io/FastCGI_Specification.html#S3.4>.
struct NameValuePair: Equatable {
    var name: Range<Int>
    var value: Range<Int>

    /// The pair at `offset`, which moves behind it; nil where the bytes end too soon.
    init?(_ bytes: [UInt8], at offset: inout Int) {
        guard let nameLength = Self.length(bytes, &offset), let valueLength = Self.length(bytes, &offset),
            nameLength + valueLength <= bytes.count - offset
        else { return nil }
        name = offset..<(offset + nameLength)
        value = name.upperBound..<(name.upperBound + valueLength)
        offset = value.upperBound
    }

    private static func length(_ bytes: [UInt8], _ offset: inout Int) -> Int? {
        guard offset < bytes.count else { return nil }
        let first = Int(bytes[offset])
        guard first >= 0x80 else {
            offset += 1
            return first
        }
        guard bytes.count - offset >= 4 else { return nil }
        let length =
            (first & 0x7f) << 24 | Int(bytes[offset + 1]) << 16 | Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3])
        offset += 4
        return length
    }
}

/// What can be told from the pairs before libfcgi joins each to a C string, and what that would hide.
enum PairSurvey: Equatable {
    /// A length reaches behind the end: there is no telling what was meant.
    case broken
    /// NUL would cut the string; `=` in a name would move the border to the value.
    case flawed(Malformation)
    case sound(contentLength: ContentLength)

    init(_ bytes: [UInt8]) {
        var offset = 0
        var flaw: Malformation?
        var contentLength = ContentLength.missing
        while offset < bytes.count {
            guard let pair = NameValuePair(bytes, at: &offset) else {
                self = .broken
                return
            }
            if pair.name.isEmpty || bytes[pair.name].contains(where: { $0 == UInt8(ascii: "=") || $0 == 0 }) {
                flaw = .parameterName
            }
            if bytes.contains(0, in: pair.value) { flaw = .nulInParameter }
            if pair.name.count == 14, bytes[pair.name].elementsEqual("CONTENT_LENGTH".utf8) {
                contentLength = ContentLength(bytes[pair.value])
            }
        }
        self = flaw.map(Self.flawed) ?? .sound(contentLength: contentLength)
    }
}

extension [UInt8] {
    func contains(_ byte: UInt8, in range: Range<Int>) -> Bool {
        unsafe withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            return unsafe memchr(base + range.lowerBound, Int32(byte), range.count) != nil
        }
    }
}
