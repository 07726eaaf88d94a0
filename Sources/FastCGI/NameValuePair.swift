/// Two lengths of one or four bytes, a name, a value.
///
/// FastCGI 1.0, section 3.4, <https://fastcgi-archives.github.io/FastCGI_Specification.html#S3.4>.
struct NameValuePair: Equatable {
    var name: Range<Int>
    var value: Range<Int>

    /// The pair at `offset`, which moves behind it; nil where the bytes end too soon.
    init?(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) {
        guard let nameLength = unsafe Self.length(bytes, &offset), let valueLength = unsafe Self.length(bytes, &offset),
            nameLength + valueLength <= bytes.count - offset
        else { return nil }
        name = offset..<(offset + nameLength)
        value = name.upperBound..<(name.upperBound + valueLength)
        offset = value.upperBound
    }

    init?(_ bytes: [UInt8], at offset: inout Int) {
        let pair = unsafe bytes.withUnsafeBytes { bytes in unsafe NameValuePair(bytes, at: &offset) }
        guard let pair else { return nil }
        self = pair
    }

    private static func length(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> Int? {
        guard offset < bytes.count else { return nil }
        let first = unsafe bytes[offset]
        guard first >= 0x80 else {
            offset += 1
            return Int(first)
        }
        guard bytes.count - offset >= 4 else { return nil }
        let length = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        offset += 4
        return Int(UInt32(bigEndian: length) & 0x7fff_ffff)
    }
}
