import Testing

@testable import UploadService

/// What is counted, from when to when, and who makes room for whom: no file and no clock.
struct QuotaBucketTests {
    private static let now = testTime * 1000

    private func bucket(_ entries: [QuotaEntry] = []) -> QuotaBucket {
        let bytes = entries.flatMap(\.encoded)
        return QuotaBucket(bytes + [UInt8](repeating: 0, count: QuotaBucket.byteCount - bytes.count))
    }

    private func holder(_ number: UInt64) -> QuotaHolder { QuotaHolder(high: number, low: ~number) }

    private func ask(_ number: UInt64 = 1, _ requests: UInt64 = 1, bytes: UInt64 = 0) -> QuotaAsk {
        QuotaAsk(holder: holder(number), requests: requests, bytes: bytes)
    }

    private func entry(
        _ number: UInt64 = 1, start: Int64 = now, window: Int64 = 3600, requests: UInt64 = 0, bytes: UInt64 = 0
    ) -> QuotaEntry {
        QuotaEntry(holder: holder(number), start: start, window: window, requests: requests, bytes: bytes)
    }

    @Test func anEntryIs64BytesTheLowestFirst() {
        let entry = QuotaEntry(
            holder: QuotaHolder(high: 0x0102_0304_0506_0708, low: 0xf0), start: 1_795_350_896_789, window: 3600,
            requests: 258, bytes: 5 << 30)
        let bytes = entry.encoded
        #expect(bytes.count == 64)
        #expect(Array(bytes[..<16]) == [8, 7, 6, 5, 4, 3, 2, 1, 0xf0, 0, 0, 0, 0, 0, 0, 0])
        // 1_795_350_896_789 is 0x1a20340a095.
        #expect(Array(bytes[16..<24]) == [0x95, 0xa0, 0x40, 0x03, 0xa2, 0x01, 0, 0])
        #expect(Array(bytes[24..<32]) == [0x10, 0x0e, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[32..<40]) == [2, 1, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[40..<48]) == [0, 0, 0, 0x40, 1, 0, 0, 0])
        #expect(bytes[48...].allSatisfy { $0 == 0 })
        #expect(QuotaEntry(bytes[...]) == entry)
    }

    @Test func upToTheLimitAndNoFurther() {
        var bucket = bucket()
        let quota = Quota.make(requests: 3)
        for count in 1...3 {
            let (verdict, place) = bucket.admit(ask(), quota, at: Self.now + Int64(count) * 1000)
            #expect(verdict == admitted && place == 0)
            #expect(bucket.entries[0].requests == UInt64(count))
        }
        // The window began with the first, one second after `now`.
        #expect(bucket.entries[0].start == Self.now + 1000)
        let before = bucket.entries
        #expect(bucket.admit(ask(), quota, at: Self.now + 61_000).verdict == .refused(.requests, wait: 3_540_000))
        #expect(bucket.admit(ask(), quota, at: Self.now + 3_600_999).verdict == .refused(.requests, wait: 1))
        #expect(bucket.entries == before)
        #expect(bucket.admit(ask(), quota, at: Self.now + 3_601_000).verdict == admitted)
        #expect(bucket.entries[0] == entry(start: Self.now + 3_601_000, requests: 1))
    }

    @Test func bytes() {
        var bucket = bucket()
        let quota = Quota.make(bytes: 1000)
        #expect(bucket.admit(ask(bytes: 600), quota, at: Self.now).verdict == admitted)
        #expect(bucket.admit(ask(bytes: 401), quota, at: Self.now).verdict == .refused(.bytes, wait: 3_600_000))
        // What was refused does not count.
        #expect(bucket.admit(ask(bytes: 400), quota, at: Self.now).verdict == admitted)
        #expect(bucket.entries[0].bytes == 1000)
        #expect(bucket.admit(ask(bytes: 0), quota, at: Self.now).verdict == admitted)
        #expect(bucket.admit(ask(bytes: 1), quota, at: Self.now).verdict == .refused(.bytes, wait: 3_600_000))
    }

    @Test func aBatchCountsWholeOrNotAtAll() {
        var bucket = bucket()
        let quota = Quota.make(requests: 10, bytes: 100)
        #expect(bucket.admit(ask(1, 7, bytes: 70), quota, at: Self.now).verdict == admitted)
        #expect(bucket.admit(ask(1, 4, bytes: 1), quota, at: Self.now).verdict == .refused(.requests, wait: 3_600_000))
        #expect(bucket.admit(ask(1, 3, bytes: 31), quota, at: Self.now).verdict == .refused(.bytes, wait: 3_600_000))
        #expect(bucket.admit(ask(1, 3, bytes: 30), quota, at: Self.now).verdict == admitted)
        #expect(bucket.entries[0] == entry(requests: 10, bytes: 100))
    }

    /// To wait would not help.
    @Test func whatIsLargerThanAnEmptyWindow() {
        var bucket = bucket()
        let quota = Quota.make(requests: 10, bytes: 100)
        #expect(bucket.admit(ask(1, 11), quota, at: Self.now).verdict == .impossible(.requests))
        #expect(bucket.admit(ask(1, 1, bytes: 101), quota, at: Self.now).verdict == .impossible(.bytes))
        #expect(bucket.admit(ask(1, 10, bytes: 100), quota, at: Self.now).verdict == admitted)
    }

    @Test func sumsDoNotWrap() {
        var bucket = bucket([entry(requests: .max - 1, bytes: .max - 1)])
        #expect(
            bucket.admit(ask(1, 5, bytes: 5), .make(requests: 10), at: Self.now).verdict
                == .refused(.requests, wait: 3_600_000))
        #expect(bucket.admit(ask(1, 5, bytes: 5), .make(), at: Self.now).verdict == admitted)
        #expect(bucket.entries[0] == entry(requests: .max, bytes: .max))
    }

    /// A clock that is set back ends a window, and never locks anybody out; a little is let pass, as processes read the
    /// clock before they wait for one another.
    @Test(
        arguments: [
            (Int64(5000), false), (5001, true), (3_600_000, true), (31_536_000_000, true), (Int64.max - now, true),
        ] as [(Int64, Bool)])
    func aWindowFromTheFuture(ahead: Int64, isOver: Bool) {
        var bucket = bucket([entry(start: Self.now + ahead, requests: 3)])
        let verdict = bucket.admit(ask(), .make(requests: 3), at: Self.now).verdict
        #expect(verdict == (isOver ? admitted : .refused(.requests, wait: 3_600_000)))
    }

    private static let none: [(Int64, Int64)] = [
        (.min, 3600), (-1, 3600), (0, 3600), (now, 59), (now, 2_592_001), (now, .max), (now, .min),
        (.max, .max), (now - 3_600_000, 3600),
    ]

    @Test(arguments: none) func whatIsNoWindowIsFree(start: Int64, window: Int64) {
        let others = (1...15).map { entry(UInt64($0)) }
        var bucket = bucket(others + [entry(99, start: start, window: window, requests: 5)])
        let (verdict, place) = bucket.admit(ask(50), .make(requests: 3), at: Self.now)
        #expect(verdict == admitted && place == 15)
    }

    @Test func theWindowIsTheOneConfiguredNow() {
        var bucket = bucket([entry(start: Self.now - 600_000, window: 3600, requests: 3)])
        #expect(
            bucket.admit(ask(), .make(requests: 3, window: 900), at: Self.now).verdict
                == .refused(.requests, wait: 300_000))
        #expect(bucket.admit(ask(), .make(requests: 3, window: 600), at: Self.now).verdict == admitted)
        #expect(bucket.entries[0] == entry(window: 600, requests: 1))
    }

    /// Who has the least to lose makes room.
    @Test func aFullBucket() {
        let live = (1...16).map { entry(UInt64($0), start: Self.now - Int64($0 == 7 ? 99 : $0) * 1000, requests: 2) }
        var full = bucket(live)
        let (verdict, place) = full.admit(ask(50), .make(requests: 3), at: Self.now)
        #expect(verdict == .admitted(isCrowded: true) && place == 6)
        #expect(full.entries[6] == entry(50, requests: 1))
        // Those who are there have theirs.
        #expect(full.admit(ask(8), .make(requests: 3), at: Self.now).verdict == admitted)
        #expect(full.admit(ask(8), .make(requests: 3), at: Self.now).verdict == .refused(.requests, wait: 3_592_000))
        var roomy = bucket(live)
        #expect(roomy.admit(ask(50), .make(requests: 3), at: Self.now + 3_510_000).verdict == admitted)
    }

    @Test func takenBack() {
        var bucket = bucket([entry(requests: 3, bytes: 100)])
        #expect(bucket.takeBack(ask(1, 1, bytes: 40)) == 0)
        #expect(bucket.entries[0] == entry(requests: 2, bytes: 60))
        #expect(bucket.takeBack(ask(1, 5, bytes: 500)) == 0)
        #expect(bucket.entries[0] == entry())
        #expect(bucket.takeBack(ask(2)) == nil)
    }
}
