/// Bytes written one after the other into memory of their own: an array would ask at each whether it is shared.
@safe package struct ByteWriter: ~Copyable {
    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    private var count = 0

    package init(capacity: Int) {
        self.capacity = max(capacity, 64)
        unsafe start = .allocate(byteCount: self.capacity, alignment: 1)
    }

    deinit { unsafe start.deallocate() }

    /// A copy of what is written so far.
    package var bytes: [UInt8] { unsafe Array(UnsafeRawBufferPointer(start: start, count: count)) }

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

    mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
        reserve(text.count)
        if let source = text.baseAddress { unsafe (start + count).copyMemory(from: source, byteCount: text.count) }
        count &+= text.count
    }

    /// `"text"`
    mutating func append(quoted text: UnsafeBufferPointer<UInt8>) {
        reserve(text.count + 2)
        let end = count &+ 1 &+ text.count
        unsafe start.storeBytes(of: UInt8(ascii: "\""), toByteOffset: count, as: UInt8.self)
        if let source = text.baseAddress { unsafe (start + count + 1).copyMemory(from: source, byteCount: text.count) }
        unsafe start.storeBytes(of: UInt8(ascii: "\""), toByteOffset: end, as: UInt8.self)
        count = end &+ 1
    }

    package mutating func append(decimal number: UInt64) {
        var power: UInt64 = 1
        while number / power >= 10 { power *= 10 }
        while power > 0 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / power % 10))
            power /= 10
        }
    }

    private mutating func reserve(_ more: Int) {
        if capacity &- count < more { grow(more) }
    }

    private mutating func grow(_ more: Int) {
        let larger = count + max(more, capacity)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 1)
        unsafe memory.copyMemory(from: start, byteCount: count)
        unsafe start.deallocate()
        unsafe start = unsafe memory
        capacity = larger
    }
}
