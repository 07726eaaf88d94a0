import Glibc

/// Where the pairs of a PARAMS stream begin, by a hash of their names: found by open addressing, a place is the pair's
/// offset and one, 0 is free.
///
/// <https://en.wikipedia.org/wiki/Open_addressing>
@safe struct ParameterTable: ~Copyable {
    /// Places.
    static let size = 256
    /// More names than this are not taken in: a full table would have no end of a search.
    private static let limit = 192

    enum Contents: Equatable {
        /// Every name once.
        case allNames
        /// A name came again; the first of its pairs is here.
        case repetition
        /// There were too many.
        case someNames
    }

    private(set) var contents = Contents.allNames
    private var count = 0
    private let places: UnsafeMutableBufferPointer<UInt32>
    private let pairs: UnsafeRawBufferPointer

    /// Fills `places`, which are free.
    init(_ places: UnsafeMutableBufferPointer<UInt32>, of pairs: UnsafeRawBufferPointer) {
        unsafe self.places = unsafe places
        unsafe self.pairs = unsafe pairs
    }

    /// Takes in every pair, and looks for what is wrong with each.
    mutating func fill() -> Parameters.Unreadable? {
        var problem: Parameters.Unreadable?
        var offset = 0
        while unsafe offset < pairs.count {
            let place = offset
            guard let pair = unsafe NameValuePair(pairs, at: &offset) else { return .broken }
            let name = unsafe UnsafeRawBufferPointer(rebasing: pairs[pair.name])
            guard let start = name.baseAddress else { return .broken }
            if unsafe name.count == 0 || memchr(start, Int32(UInt8(ascii: "=")), name.count) != nil {
                problem = .malformed(.parameterName)
            }
            if unsafe memchr(start, 0, name.count + pair.value.count) != nil { problem = .malformed(.nulInParameter) }
            if name.count > 0 { unsafe insert(name, UInt32(truncatingIfNeeded: place)) }
        }
        return problem
    }

    private mutating func insert(_ name: UnsafeRawBufferPointer, _ offset: UInt32) {
        guard count < Self.limit else {
            contents = .someNames
            return
        }
        var place = unsafe Self.hash(name)
        while unsafe places[place] != 0 {
            if unsafe Self.value(of: name, at: places[place], in: pairs) != nil {
                contents = .repetition
                return
            }
            place = (place &+ 1) % Self.size
        }
        unsafe places[place] = offset + 1
        count += 1
    }

    /// Where the value of the first pair with that name, which is not empty, lies; `places` are all those of a table.
    static func value(
        of name: UnsafeRawBufferPointer, in pairs: UnsafeRawBufferPointer, by places: UnsafeRawBufferPointer
    ) -> Range<Int>? {
        var place = unsafe hash(name)
        while true {
            let found = unsafe places.loadUnaligned(fromByteOffset: place &* 4, as: UInt32.self)
            guard found != 0 else { return nil }
            if let value = unsafe value(of: name, at: found, in: pairs) { return value }
            place = (place &+ 1) % size
        }
    }

    @inline(__always)
    private static func value(
        of name: UnsafeRawBufferPointer, at place: UInt32, in pairs: UnsafeRawBufferPointer
    ) -> Range<Int>? {
        var offset = Int(place) - 1
        guard let pair = unsafe NameValuePair(pairs, at: &offset), pair.name.count == name.count,
            let start = pairs.baseAddress, let wanted = name.baseAddress
        else { return nil }
        return unsafe memcmp(start + pair.name.lowerBound, wanted, name.count) == 0 ? pair.value : nil
    }

    /// Of the length and the last eight bytes of a name, which is not empty: many begin alike. Of a short one, all count.
    @inline(__always)
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        let length = name.count
        var bits: UInt64
        if length >= 8 {
            bits = unsafe name.loadUnaligned(fromByteOffset: length &- 8, as: UInt64.self)
        } else if length >= 4 {
            bits = unsafe UInt64(name.loadUnaligned(as: UInt32.self)) << 32
            bits |= unsafe UInt64(name.loadUnaligned(fromByteOffset: length &- 4, as: UInt32.self))
        } else {
            bits = unsafe UInt64(name[0]) << 16 | UInt64(name[length / 2]) << 8 | UInt64(name[length &- 1])
        }
        return Int(((bits &+ UInt64(length)) &* 0x9e37_79b9_7f4a_7c15) >> 56)
    }
}
