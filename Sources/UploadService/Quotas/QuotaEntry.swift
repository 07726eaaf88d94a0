/// One user's window, as it stands in the ledger's file: 64 bytes, numbers with the lowest byte first.
struct QuotaEntry: Equatable {
    static let byteCount = 64
    /// A window may begin so many milliseconds after now: processes read the clock before they wait for one another.
    static let tolerance: Int64 = 5000

    var holder: QuotaHolder
    /// Milliseconds since 1970.
    var start: Int64
    /// Seconds.
    var window: Int64
    var requests: UInt64
    var bytes: UInt64

    /// When it is over; nil where it is over at `now`, or where what stands there is no window.
    ///
    /// One that begins later than now is over too: else a clock that was set back would lock users out.
    func end(at now: Int64, window: Int64? = nil) -> Int64? {
        let window = window ?? self.window
        guard Int64(Quota.windows.lowerBound)...Int64(Quota.windows.upperBound) ~= window,
            0...(now + Self.tolerance) ~= start, start + window * 1000 > now
        else { return nil }
        return start + window * 1000
    }
}

extension QuotaEntry {
    /// From exactly 64 bytes, which may hold anything.
    init(_ bytes: ArraySlice<UInt8>) {
        func word(_ index: Int) -> UInt64 {
            var word: UInt64 = 0
            for place in 0..<8 { word |= UInt64(bytes[bytes.startIndex + 8 * index + place]) << (8 * UInt64(place)) }
            return word
        }
        holder = QuotaHolder(high: word(0), low: word(1))
        start = Int64(bitPattern: word(2))
        window = Int64(bitPattern: word(3))
        requests = word(4)
        self.bytes = word(5)
    }

    var encoded: [UInt8] {
        let words = [
            holder.high, holder.low, UInt64(bitPattern: start), UInt64(bitPattern: window), requests, bytes, 0, 0,
        ]
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
}
