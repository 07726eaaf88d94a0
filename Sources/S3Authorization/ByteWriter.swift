internal import Glibc

/// Bytes written one after the other into memory of their own: an array would ask at each whether it is shared.
@safe package struct ByteWriter: ~Copyable {
    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    private var count = 0

    package init(capacity: Int) {
        self.capacity = max(capacity, 64)
        unsafe start = Self.memory(self.capacity, nil)
    }

    deinit { unsafe free(start) }

    /// Not Swift's own allocation, which would ask for an alignment, and is slower.
    private static func memory(_ capacity: Int, _ former: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer {
        guard let memory = unsafe realloc(former, capacity) else { preconditionFailure("out of memory") }
        return unsafe memory
    }

    /// A copy of what is written so far.
    package var bytes: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: start, count: count)) }

    /// What is written so far, in its own memory.
    package func withBytes(_ body: (Span<UInt8>) -> Void) {
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
        unsafe bytes.withMemoryRebound(to: UInt8.self) { body(unsafe $0.span) }
    }

    package mutating func append(_ byte: UInt8) {
        reserve(1)
        unsafe start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    package mutating func append(_ text: StaticString) {
        unsafe append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func append(_ text: ArraySlice<UInt8>) {
        unsafe text.withUnsafeBufferPointer { unsafe append($0) }
    }

    package mutating func append(_ text: Span<UInt8>) {
        unsafe text.withUnsafeBufferPointer { unsafe append($0) }
    }

    mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        reserve(text.count)
        unsafe append(unchecked: text)
    }

    /// `"text"`
    mutating func append(quoted text: UnsafeBufferPointer<UInt8>) {
        reserve(text.count + 2)
        unsafe append(unchecked: "\"")
        unsafe append(unchecked: text)
        unsafe append(unchecked: "\"")
    }

    /// `{"name":"value"}`
    mutating func append(object name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        reserve(name.count + value.count + 7)
        unsafe append(unchecked: "{\"")
        unsafe append(unchecked: name)
        unsafe append(unchecked: "\":\"")
        unsafe append(unchecked: value)
        unsafe append(unchecked: "\"}")
    }

    /// Two digits in lower case.
    package mutating func append(hexadecimal byte: UInt8) {
        let digits = UInt16(Hexadecimal.digit(byte >> 4)) | UInt16(Hexadecimal.digit(byte & 15)) << 8
        reserve(2)
        unsafe start.storeBytes(of: digits.littleEndian, toByteOffset: count, as: UInt16.self)
        count &+= 2
    }

    package mutating func append(decimal number: UInt64) {
        // From the last digit on; the longest number has twenty.
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var first = digits.count
        var rest = number
        repeat {
            first &-= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        append(digits.span.extracting(droppingFirst: first))
    }

    /// There must be room.
    @unsafe @inline(__always)
    private mutating func append(unchecked text: UnsafeBufferPointer<UInt8>) {
        if let source = text.baseAddress { unsafe (start + count).copyMemory(from: source, byteCount: text.count) }
        count &+= text.count
    }

    /// There must be room.
    @unsafe @inline(__always)
    private mutating func append(unchecked text: StaticString) {
        unsafe append(unchecked: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func reserve(_ more: Int) {
        if capacity &- count < more { grow(more) }
    }

    private mutating func grow(_ more: Int) {
        capacity = count + max(more, capacity)
        unsafe start = Self.memory(capacity, start)
    }
}
