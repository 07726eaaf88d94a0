import Glibc

/// The CGI meta-variables of one request, as bytes in one buffer.
///
/// Each entry is two 32-bit lengths, the name and the value; a lookup walks them and compares. RFC 3875, section 4.1,
/// <https://www.rfc-editor.org/rfc/rfc3875#section-4.1>.
package struct Parameters: Sendable {
    private var storage: [UInt8] = []

    init() {}

    package init(_ pairs: [(String, String)]) {
        for (name, value) in pairs where !name.isEmpty {
            var (name, value) = (name, value)
            name.withUTF8 { name in
                value.withUTF8 { value in
                    unsafe append(UnsafeRawBufferPointer(name), UnsafeRawBufferPointer(value))
                }
            }
        }
    }

    /// Copies a null-terminated vector of `NAME=value` strings; one without `=` or without a name is left out.
    package init(environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
        guard var next = unsafe environment else { return }
        while let variable = unsafe next.pointee {
            unsafe next += 1
            let text = unsafe UnsafeRawBufferPointer(start: variable, count: strlen(variable))
            guard let sign = unsafe text.firstIndex(of: UInt8(ascii: "=")), sign > 0 else { continue }
            unsafe append(.init(rebasing: text[..<sign]), .init(rebasing: text[(sign + 1)...]))
        }
    }

    private mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        let lengths = (UInt32(truncatingIfNeeded: name.count), UInt32(truncatingIfNeeded: value.count))
        unsafe withUnsafeBytes(of: lengths) { lengths in unsafe storage.append(contentsOf: lengths) }
        unsafe storage.append(contentsOf: name)
        unsafe storage.append(contentsOf: value)
    }

    /// Why a FastCGI PARAMS stream holds no parameters.
    enum Unreadable: Error, Equatable {
        /// A length reaches behind the end: there is no telling what was meant.
        case broken
        /// What C strings, or `NAME=value`, could not tell from another name or value.
        case malformed(Malformation)
    }

    /// Reads the name-value pairs of a whole stream; one that is broken is that, whatever else is wrong before.
    init(parsing stream: [UInt8]) throws(Unreadable) {
        var problem: Unreadable?
        // No entry is longer than four times its pair, which has two bytes at least.
        storage = unsafe [UInt8](unsafeUninitializedCapacity: stream.count * 4) { entries, count in
            unsafe stream.withUnsafeBytes { stream in
                problem = unsafe Self.copyPairs(stream, to: UnsafeMutableRawBufferPointer(entries), &count)
            }
        }
        if let problem { throw problem }
    }

    private static func copyPairs(
        _ stream: UnsafeRawBufferPointer, to entries: UnsafeMutableRawBufferPointer, _ count: inout Int
    ) -> Unreadable? {
        guard let start = stream.baseAddress, let base = entries.baseAddress else { return nil }
        var problem: Unreadable?
        var offset = 0
        while offset < stream.count {
            guard let pair = unsafe NameValuePair(stream, at: &offset) else { return .broken }
            let name = unsafe start + pair.name.lowerBound
            let (nameLength, length) = (pair.name.count, pair.name.count + pair.value.count)
            if unsafe nameLength == 0 || memchr(name, Int32(UInt8(ascii: "=")), nameLength) != nil {
                problem = .malformed(.parameterName)
            }
            if unsafe memchr(name, 0, length) != nil { problem = .malformed(.nulInParameter) }
            let entry = unsafe base + count
            unsafe entry.storeBytes(of: UInt32(truncatingIfNeeded: nameLength), as: UInt32.self)
            unsafe entry.storeBytes(of: UInt32(truncatingIfNeeded: pair.value.count), toByteOffset: 4, as: UInt32.self)
            unsafe memcpy(entry + prefix, name, length)
            count += prefix + length
        }
        return problem
    }

    /// The value, or nil where the web server sent none; an empty value is not nil.
    package subscript(name: StaticString) -> ArraySlice<UInt8>? {
        if name.hasPointerRepresentation {
            return unsafe first(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        }
        return name.withUTF8Buffer { wanted in unsafe first(UnsafeRawBufferPointer(wanted)) }
    }

    /// The value of a parameter whose name comes from the configuration.
    package subscript(dynamic name: [UInt8]) -> ArraySlice<UInt8>? {
        unsafe name.withUnsafeBytes { wanted in unsafe first(wanted) }
    }

    /// The value of a parameter whose name comes from the configuration.
    package subscript(dynamic name: String) -> ArraySlice<UInt8>? {
        var name = name
        return name.withUTF8 { wanted in unsafe first(UnsafeRawBufferPointer(wanted)) }
    }

    /// Whether the name occurs more than once, with values that are not the same bytes.
    package func isContradicted(_ name: [UInt8]) -> Bool {
        unsafe name.withUnsafeBytes { wanted in
            unsafe storage.withUnsafeBytes { bytes in
                var offset = 0
                guard let one = unsafe Self.find(wanted, in: bytes, from: &offset) else { return false }
                while let other = unsafe Self.find(wanted, in: bytes, from: &offset) {
                    guard unsafe bytes[one].elementsEqual(bytes[other]) else { return true }
                }
                return false
            }
        }
    }

    /// False where no name can occur twice, told by a hash of each name's length, first and last bytes alone.
    package var mayRepeat: Bool {
        unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.compared * 2) { keys in
            unsafe storage.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return false }
                // A hash table in which 0 is a free place; every hash is odd.
                unsafe keys.initialize(repeating: 0)
                var count = 0
                var offset = 0
                while offset < bytes.count {
                    guard count < Self.compared else { return true }
                    let length = unsafe Int(base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                    let valueLength = unsafe Int(base.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
                    // The eight bytes that end the name; of a shorter one, what precedes it is its own lengths.
                    let tail = unsafe base.loadUnaligned(fromByteOffset: offset + length, as: UInt64.self)
                    let head = unsafe base.loadUnaligned(fromByteOffset: offset + Self.prefix - 1, as: UInt16.self) >> 8
                    let shift = UInt64(max(0, 8 - length)) * 8
                    let key = (tail >> shift) &+ (UInt64(length) << 8 | UInt64(head)) &* 0x9e37_79b9_7f4a_7c15
                    let hash = UInt32(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 32) | 1
                    var place = Int(hash >> 24)
                    while unsafe keys[place] != 0 {
                        if unsafe keys[place] == hash { return true }
                        place = (place + 1) % (Self.compared * 2)
                    }
                    unsafe keys[place] = hash
                    count += 1
                    offset += Self.prefix + length + valueLength
                }
                return false
            }
        }
    }

    /// More names than this are not compared with each other; twice as many is what eight bits of a hash count.
    private static let compared = 128

    /// The two lengths ahead of an entry's bytes.
    private static let prefix = 8

    private func first(_ wanted: UnsafeRawBufferPointer) -> ArraySlice<UInt8>? {
        let range = unsafe storage.withUnsafeBytes { bytes in
            var offset = 0
            return unsafe Self.find(wanted, in: bytes, from: &offset)
        }
        return range.map { storage[$0] }
    }

    /// Where the value of the next entry with this name lies; `offset` moves behind that entry.
    private static func find(
        _ wanted: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer, from offset: inout Int
    ) -> Range<Int>? {
        guard let base = bytes.baseAddress, let name = wanted.baseAddress else { return nil }
        while offset < bytes.count {
            let lengths = unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let start = offset &+ prefix
            let value = start &+ Int(UInt32(truncatingIfNeeded: lengths))
            offset = value &+ Int(lengths &>> 32)
            if value &- start == wanted.count, unsafe memcmp(base + start, name, wanted.count) == 0 {
                return value..<offset
            }
        }
        return nil
    }
}
