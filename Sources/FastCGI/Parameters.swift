import Glibc

/// The CGI meta-variables of one request, as bytes in one buffer.
///
/// It holds name-value pairs as a FastCGI PARAMS stream does, and behind them a table of their places, so that a name is
/// found at once. RFC 3875, section 4.1, <https://www.rfc-editor.org/rfc/rfc3875#section-4.1>.
package struct Parameters: Sendable {
    private var storage: [UInt8] = []
    /// Where the pairs end and the table begins.
    private var end = 0
    private var table = ParameterTable.Contents.allNames

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
        _ = index()
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
        _ = index()
    }

    private mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        for length in [name.count, value.count] {
            let bytes = UInt32(truncatingIfNeeded: length) | 0x8000_0000
            unsafe withUnsafeBytes(of: bytes.bigEndian) { bytes in unsafe storage.append(contentsOf: bytes) }
        }
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

    /// Takes a whole stream over, which is empty then; one that is broken is that, whatever else is wrong before.
    init(taking stream: inout [UInt8]) throws(Unreadable) {
        swap(&storage, &stream)
        if let problem = index() { throw problem }
    }

    /// Empties it, and gives its memory back, to be filled with the next request's.
    mutating func recycle() -> [UInt8] {
        var memory: [UInt8] = []
        swap(&memory, &storage)
        self = Parameters()
        memory.removeAll(keepingCapacity: true)
        return memory
    }

    private mutating func index() -> Unreadable? {
        end = storage.count
        return unsafe withUnsafeTemporaryAllocation(of: UInt32.self, capacity: ParameterTable.size) { places in
            unsafe places.initialize(repeating: 0)
            let problem = unsafe storage.withUnsafeBytes { pairs in
                var filling = unsafe ParameterTable(places, of: pairs)
                defer { table = filling.contents }
                return filling.fill()
            }
            unsafe storage.append(contentsOf: UnsafeRawBufferPointer(places))
            return problem
        }
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

    /// False where no name occurs twice.
    package var mayRepeat: Bool { table != .allNames }

    /// Whether the name occurs more than once, with values that are not the same bytes.
    package func isContradicted(_ name: [UInt8]) -> Bool {
        unsafe name.withUnsafeBytes { wanted in
            unsafe storage.withUnsafeBytes { bytes in
                let pairs = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<end])
                var offset = 0
                guard let one = unsafe Self.next(wanted, in: pairs, from: &offset) else { return false }
                while let other = unsafe Self.next(wanted, in: pairs, from: &offset) {
                    guard unsafe bytes[one].elementsEqual(bytes[other]) else { return true }
                }
                return false
            }
        }
    }

    private func first(_ wanted: UnsafeRawBufferPointer) -> ArraySlice<UInt8>? {
        guard end > 0, wanted.count > 0 else { return nil }
        let range = unsafe storage.withUnsafeBytes { bytes in
            let pairs = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<end])
            let places = unsafe UnsafeRawBufferPointer(rebasing: bytes[end...])
            if let value = unsafe ParameterTable.value(of: wanted, in: pairs, by: places) { return Range?.some(value) }
            guard table == .someNames else { return nil }
            var offset = 0
            return unsafe Self.next(wanted, in: pairs, from: &offset)
        }
        return range.map { storage[$0] }
    }

    /// Where the value of the next pair with this name lies; `offset` moves behind that pair.
    private static func next(
        _ wanted: UnsafeRawBufferPointer, in pairs: UnsafeRawBufferPointer, from offset: inout Int
    ) -> Range<Int>? {
        while let pair = unsafe NameValuePair(pairs, at: &offset) {
            if unsafe pairs[pair.name].elementsEqual(wanted) { return pair.value }
        }
        return nil
    }
}
