/// The few places of the ledger's file in which one user's window may stand.
struct QuotaBucket {
    static let count = 16
    static let byteCount = count * QuotaEntry.byteCount

    private(set) var entries: [QuotaEntry]

    /// From exactly `byteCount` bytes.
    init(_ bytes: [UInt8]) {
        entries = (0..<Self.count).map { index in
            QuotaEntry(bytes[(index * QuotaEntry.byteCount)..<((index + 1) * QuotaEntry.byteCount)])
        }
    }

    /// Counts what is asked for, where the quota has room for all of it; the place to write, if any.
    ///
    /// `now` is in milliseconds since 1970.
    mutating func admit(_ ask: QuotaAsk, _ quota: Quota, at now: Int64) -> (verdict: QuotaVerdict, place: Int?) {
        if quota.requests > 0, ask.requests > quota.requests { return (.impossible(.requests), nil) }
        if quota.bytes > 0, ask.bytes > quota.bytes { return (.impossible(.bytes), nil) }
        let own = entries.firstIndex { $0.holder == ask.holder }
        var entry = QuotaEntry(holder: ask.holder, start: now, window: quota.window, requests: 0, bytes: 0)
        if let own, let end = entries[own].end(at: now, window: quota.window) {
            entry = entries[own]
            entry.window = quota.window
            // As long as a window at most, whatever stands there.
            let wait = min(end - now, quota.window * 1000)
            if quota.requests > 0, Self.sum(entry.requests, ask.requests) > quota.requests {
                return (.refused(.requests, wait: wait), nil)
            }
            if quota.bytes > 0, Self.sum(entry.bytes, ask.bytes) > quota.bytes {
                return (.refused(.bytes, wait: wait), nil)
            }
        }
        entry.requests = Self.sum(entry.requests, ask.requests)
        entry.bytes = Self.sum(entry.bytes, ask.bytes)
        let (place, isCrowded) = own.map { ($0, false) } ?? room(at: now)
        entries[place] = entry
        return (.admitted(isCrowded: isCrowded), place)
    }

    /// Takes back what was admitted and came to nothing; the place to write, if any.
    mutating func takeBack(_ ask: QuotaAsk) -> Int? {
        guard let own = entries.firstIndex(where: { $0.holder == ask.holder }) else { return nil }
        entries[own].requests -= min(entries[own].requests, ask.requests)
        entries[own].bytes -= min(entries[own].bytes, ask.bytes)
        return own
    }

    /// A place where no window is, else that of the window which is over first.
    private func room(at now: Int64) -> (place: Int, isCrowded: Bool) {
        var first: (place: Int, end: Int64) = (0, .max)
        for (place, entry) in entries.enumerated() {
            guard let end = entry.end(at: now) else { return (place, false) }
            if end < first.end { first = (place, end) }
        }
        return (first.place, true)
    }

    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, isTooLarge) = left.addingReportingOverflow(right)
        return isTooLarge ? .max : sum
    }
}
