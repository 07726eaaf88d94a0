/// Writes one JSON text: UTF-8, no white space, the escapes that RFC 8259 demands and no others.
package struct JSONWriter: ~Copyable {
    private var output: ByteWriter
    private var needsComma = false

    package init(capacity: Int = 256) {
        output = ByteWriter(capacity: capacity)
    }

    /// A copy of what is written so far.
    package var bytes: [UInt8] { output.bytes }

    package mutating func beginObject() { open(UInt8(ascii: "{")) }
    package mutating func endObject() { close(UInt8(ascii: "}")) }
    package mutating func beginArray() { open(UInt8(ascii: "[")) }
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// A name that needs no escapes.
    package mutating func name(_ name: StaticString) {
        unsafe quote(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        endName()
    }

    /// A value that needs no escapes.
    package mutating func literal(_ text: StaticString) {
        unsafe quote(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func escapedName(_ name: ByteString) {
        string(name)
        endName()
    }

    package mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { unsafe string($0, after: "") }
    }

    /// The text must be UTF-8; what stands before it is written unescaped.
    package mutating func string(_ text: ByteString, after prefix: StaticString = "") {
        unsafe text.bytes.withUnsafeBufferPointer { unsafe string($0, after: prefix) }
    }

    /// Text that needs no escapes, as Base64 and hexadecimal do not.
    package mutating func plain(_ text: ByteString) {
        unsafe text.bytes.withUnsafeBufferPointer { unsafe quote($0) }
    }

    /// `{"acl":"private"}` out of parts of a text that need no escapes.
    mutating func plainObject(_ name: Range<Int>, _ value: Range<Int>, in text: [UInt8]) {
        separate()
        unsafe text.withUnsafeBufferPointer { text in
            unsafe output.append(
                object: UnsafeBufferPointer(rebasing: text[name]), UnsafeBufferPointer(rebasing: text[value]))
        }
        needsComma = true
    }

    /// An instant as a policy spells its expiration.
    mutating func time(_ time: SigningTime) {
        time.withText(.extended) { text in unsafe text.withUnsafeBufferPointer { unsafe quote($0) } }
    }

    package mutating func number(_ number: some BinaryInteger) {
        guard let number = UInt64(exactly: number) else { return raw(Array(String(number).utf8)) }
        separate()
        output.append(decimal: number)
        needsComma = true
    }

    package mutating func boolean(_ value: Bool) {
        raw(Array((value ? "true" : "false").utf8))
    }

    /// A value that is JSON already.
    package mutating func raw(_ json: some Collection<UInt8>) {
        separate()
        let isDone: Void? = json.withContiguousStorageIfAvailable { unsafe output.append($0) }
        if isDone == nil { output.append(Array(json)[...]) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        output.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        output.append(bracket)
        needsComma = true
    }

    private mutating func endName() {
        output.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { output.append(UInt8(ascii: ",")) }
    }

    private mutating func string(_ text: UnsafeBufferPointer<UInt8>, after prefix: StaticString) {
        if unsafe prefix.utf8CodeUnitCount == 0 && PlainCharacters.count(in: text, from: 0) == text.count {
            return unsafe quote(text)
        }
        separate()
        output.append(UInt8(ascii: "\""))
        unsafe output.append(UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        unsafe escape(text)
        output.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Text that needs no escapes, in its quotes.
    private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
        separate()
        unsafe output.append(quoted: text)
        needsComma = true
    }

    /// Whole runs of characters that stay as they are, and the others one by one.
    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        var index = 0
        while true {
            index += unsafe PlainCharacters.count(in: text, from: index)
            guard index < text.count else { break }
            let byte = unsafe text[index]
            if byte < 0x80 {
                unsafe output.append(UnsafeBufferPointer(rebasing: text[start..<index]))
                escape(byte)
                start = index + 1
            }
            index += 1
        }
        unsafe output.append(UnsafeBufferPointer(rebasing: text[start...]))
    }

    private mutating func escape(_ byte: UInt8) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        case 0x0a: output.append(UInt8(ascii: "n"))
        case 0x0d: output.append(UInt8(ascii: "r"))
        case 0x09: output.append(UInt8(ascii: "t"))
        default:
            output.append("u00")
            output.append(hexadecimal: byte)
        }
    }
}
