/// Two lengths of one or four bytes, a name, a value.
///
/// FastCGI 1.0, section 3.4, <https://fastcgi-archives.github.io/FastCGI_Specification.html#S3.4>.
struct NameValuePair: Equatable {
    var name: Range<Int>
    var value: Range<Int>

    /// The pair at `offset`, which moves behind it; nil where the bytes end too soon.
    @inline(__always)
    init?(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) {
        guard let (nameLength, valueLength) = unsafe Self.lengths(bytes, &offset),
            nameLength &+ valueLength <= bytes.count &- offset
        else { return nil }
        let middle = offset &+ nameLength
        let end = middle &+ valueLength
        unsafe (name, value) = (Range(uncheckedBounds: (offset, middle)), Range(uncheckedBounds: (middle, end)))
        offset = end
    }

    init?(_ bytes: [UInt8], at offset: inout Int) {
        let pair = unsafe bytes.withUnsafeBytes { bytes in unsafe NameValuePair(bytes, at: &offset) }
        guard let pair else { return nil }
        self = pair
    }

    @inline(__always)
    private static func lengths(_ bytes: UnsafeRawBufferPointer, _ offset: inout Int) -> (Int, Int)? {
        if bytes.count &- offset >= 2 {
            let (name, value) = unsafe (bytes[offset], bytes[offset &+ 1])
            if name | value < 0x80 {
                offset &+= 2
                return (Int(name), Int(value))
            }
        }
        guard let name = unsafe length(bytes, &offset), let value = unsafe length(bytes, &offset) else { return nil }
        return (name, value)
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
