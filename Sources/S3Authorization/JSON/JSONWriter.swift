/// Writes one JSON text: UTF-8, no white space, the escapes that RFC 8259 demands and no others.
package struct JSONWriter {
    /// What is written, and zeros behind it: bytes are stored where they belong, not appended one by one.
    private var storage: [UInt8]
    private var count = 0
    private var needsComma = false

    package init(capacity: Int = 256) {
        storage = [UInt8](repeating: 0, count: max(capacity, 16))
    }

    /// A copy of what is written so far.
    package var bytes: [UInt8] { Array(storage[..<count]) }

    /// What is written so far, in the writer's own memory.
    package var text: ByteString { ByteString(storage[..<count]) }

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

    package mutating func number(_ number: some BinaryInteger) {
        guard var rest = UInt64(exactly: number) else { return raw(Array(String(number).utf8)) }
        separate()
        var power: UInt64 = 1
        while rest / power >= 10 { power *= 10 }
        while power > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / power))
            rest %= power
            power /= 10
        }
        needsComma = true
    }

    package mutating func boolean(_ value: Bool) {
        raw(Array((value ? "true" : "false").utf8))
    }

    /// A value that is JSON already.
    package mutating func raw(_ json: some Collection<UInt8>) {
        separate()
        let isDone: Void? = json.withContiguousStorageIfAvailable { unsafe append($0) }
        if isDone == nil { unsafe Array(json).withUnsafeBufferPointer { unsafe append($0) } }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        append(bracket)
        needsComma = true
    }

    private mutating func endName() {
        append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func separate() {
        if needsComma { append(UInt8(ascii: ",")) }
    }

    private mutating func string(_ text: UnsafeBufferPointer<UInt8>, after prefix: StaticString) {
        if unsafe prefix.utf8CodeUnitCount == 0 && PlainCharacters.count(in: text, from: 0) == text.count {
            return unsafe quote(text)
        }
        separate()
        append(UInt8(ascii: "\""))
        unsafe append(UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
        unsafe escape(text)
        append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Text that needs no escapes, in its quotes.
    private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) {
        separate()
        reserve(text.count + 2)
        let start = count
        unsafe storage.withUnsafeMutableBytes { storage in
            unsafe storage[start] = UInt8(ascii: "\"")
            unsafe UnsafeMutableRawBufferPointer(rebasing: storage[(start + 1)...]).copyMemory(from: .init(text))
            unsafe storage[start + 1 + text.count] = UInt8(ascii: "\"")
        }
        count += text.count + 2
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
                unsafe append(UnsafeBufferPointer(rebasing: text[start..<index]))
                escape(byte)
                start = index + 1
            }
            index += 1
        }
        unsafe append(UnsafeBufferPointer(rebasing: text[start...]))
    }

    private mutating func escape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        case 0x0a: append(UInt8(ascii: "n"))
        case 0x0d: append(UInt8(ascii: "r"))
        case 0x09: append(UInt8(ascii: "t"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            for letter in Array("u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 0x0f)]] { append(letter) }
        }
    }

    // MARK: Storing

    private mutating func append(_ byte: UInt8) {
        reserve(1)
        storage[count] = byte
        count += 1
    }

    private mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        reserve(text.count)
        let start = count
        unsafe storage.withUnsafeMutableBytes { storage in
            unsafe UnsafeMutableRawBufferPointer(rebasing: storage[start...]).copyMemory(from: .init(text))
        }
        count += text.count
    }

    private mutating func reserve(_ more: Int) {
        guard storage.count - count < more else { return }
        storage.append(contentsOf: repeatElement(0, count: max(more, storage.count)))
    }
}
