/// Reads one JSON text, value by value, refusing whatever two parsers could read differently.
///
/// UTF-8 only, no byte order mark, no duplicate members, no lone surrogates, nothing after the value, at most
/// `maximumDepth` levels and `maximumMembers` members an object. RFC 8259, <https://www.rfc-editor.org/rfc/rfc8259>.
package struct JSONReader {
    package static let maximumDepth = 32
    package static let maximumMembers = 1000

    package enum Kind { case object, array, string, number, boolean, null }

    /// Where a reader stands inside one object or array.
    package struct Container {
        fileprivate var isFirst = true
        /// Most objects have one member: its name needs no array.
        fileprivate var firstName: ByteString?
        fileprivate var otherNames: [ByteString] = []

        fileprivate var count: Int { firstName == nil ? 0 : otherNames.count + 1 }

        /// False where the name was there already.
        fileprivate mutating func insert(_ name: ByteString) -> Bool {
            guard let firstName else {
                firstName = name
                return true
            }
            guard firstName != name, !otherNames.contains(name) else { return false }
            otherNames.append(name)
            return true
        }
    }

    let text: [UInt8]
    package internal(set) var position = 0
    private(set) var depth = 0

    package init(_ text: [UInt8]) {
        self.text = text
    }

    package mutating func peek() throws(JSONError) -> Kind {
        skipSpace()
        switch try current() {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        default: throw .unexpectedByte(at: position)
        }
    }

    package mutating func beginObject() throws(JSONError) -> Container {
        try begin(UInt8(ascii: "{"))
    }

    package mutating func beginArray() throws(JSONError) -> Container {
        try begin(UInt8(ascii: "["))
    }

    /// The next member's name, its value to be read at once; nil at the end of the object.
    package mutating func nextMember(in object: inout Container) throws(JSONError) -> ByteString? {
        guard try advance(in: &object, closing: UInt8(ascii: "}")) else { return nil }
        let start = position
        let name = try readString()
        guard object.count < Self.maximumMembers else { throw .tooManyMembers(at: start) }
        guard object.insert(name) else { throw .duplicateMember(at: start) }
        try expect(UInt8(ascii: ":"))
        return name
    }

    /// Whether another element follows, to be read at once.
    package mutating func nextElement(in array: inout Container) throws(JSONError) -> Bool {
        try advance(in: &array, closing: UInt8(ascii: "]"))
    }

    package mutating func readBoolean() throws(JSONError) -> Bool {
        let value = try current() == UInt8(ascii: "t")
        try readWord(value ? "true" : "false")
        return value
    }

    package mutating func readNull() throws(JSONError) {
        try readWord("null")
    }

    /// Reads one value of any kind and gives its text.
    @discardableResult
    package mutating func readValue() throws(JSONError) -> ByteString {
        skipSpace()
        let start = position
        switch try peek() {
        case .string: _ = try readString()
        case .number: _ = try readNumber()
        case .boolean: _ = try readBoolean()
        case .null: try readNull()
        case .array:
            var array = try beginArray()
            while try nextElement(in: &array) { try readValue() }
        case .object:
            var object = try beginObject()
            while try nextMember(in: &object) != nil { try readValue() }
        }
        return ByteString(text[start..<position])
    }

    /// Where a part of the text that was read lies in it; nil where escapes made it a copy.
    func place(of part: ByteString) -> Range<Int>? {
        let isPart = unsafe text.withUnsafeBufferPointer { text in
            unsafe part.bytes.withUnsafeBufferPointer { part in
                guard let start = text.baseAddress, let place = part.baseAddress else { return false }
                return unsafe place >= start && place + part.count <= start + text.count
            }
        }
        return isPart ? part.bytes.indices : nil
    }

    /// Makes sure that nothing but white space follows.
    package mutating func end() throws(JSONError) {
        skipSpace()
        guard position == text.count else { throw .trailingBytes(at: position) }
    }

    private mutating func begin(_ bracket: UInt8) throws(JSONError) -> Container {
        try expect(bracket)
        depth += 1
        guard depth <= Self.maximumDepth else { throw .tooDeep(at: position - 1) }
        return Container()
    }

    private mutating func advance(in container: inout Container, closing: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        let byte = try current()
        if byte == closing {
            position += 1
            depth -= 1
            return false
        }
        if container.isFirst {
            container.isFirst = false
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw .unexpectedByte(at: position) }
        position += 1
        skipSpace()
        guard try current() != closing else { throw .unexpectedByte(at: position) }
        return true
    }

    private mutating func readWord(_ word: StaticString) throws(JSONError) {
        skipSpace()
        let end = position + word.utf8CodeUnitCount
        guard end <= text.count else { throw .unexpectedEnd }
        guard ByteString(text[position..<end]).is(word) else { throw .unexpectedByte(at: position) }
        position = end
    }

    mutating func expect(_ byte: UInt8) throws(JSONError) {
        skipSpace()
        guard try current() == byte else { throw .unexpectedByte(at: position) }
        position += 1
    }

    @inline(__always)
    func current() throws(JSONError) -> UInt8 {
        guard position < text.count else { throw .unexpectedEnd }
        return text[position]
    }

    @inline(__always)
    mutating func skipSpace() {
        while position < text.count, text[position] <= 0x20, Self.isSpace(text[position]) { position += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }
}
