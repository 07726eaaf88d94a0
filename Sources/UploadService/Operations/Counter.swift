internal import Synchronization

/// Only grows; from any thread, in no order with anything else.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func add(_ number: Int = 1) { count.wrappingAdd(number, ordering: .relaxed) }

    var value: Int { count.load(ordering: .relaxed) }
}

/// How many took how long, in microseconds.
final class Histogram: Sendable {
    /// Upper bounds, ascending.
    let bounds: [Int64]
    /// One more than bounds: the last for what is above all of them.
    private let counters: [Counter]
    private let total = Counter()

    init(bounds: [Int64]) {
        self.bounds = bounds
        counters = (0...bounds.count).map { _ in Counter() }
    }

    func add(_ microseconds: Int64) {
        counters[bounds.firstIndex { microseconds <= $0 } ?? bounds.count].add()
        total.add(Int(microseconds))
    }

    var sum: Int { total.value }

    /// How many were at most each bound, and at last all.
    var cumulative: [Int] {
        var sum = 0
        return counters.map { counter in
            sum += counter.value
            return sum
        }
    }
}

/// Counters by a name that stands in the program's text: a closed set, that no client can make larger.
final class NamedCounters: Sendable {
    private struct Slot: ~Copyable {
        /// The address of the name; 0 where the slot is free.
        let name = Atomic<UInt>(0)
        let count = Atomic<Int>(0)

        /// Whether the slot is, or is from now on, that of the name at `address`.
        func isTaken(by address: UInt) -> Bool {
            if name.load(ordering: .relaxed) == address { return true }
            let taken = name.compareExchange(expected: 0, desired: address, ordering: .relaxed)
            return taken.exchanged || taken.original == address
        }
    }

    private let slots = InlineArray<128, Slot> { _ in Slot() }
    private let rest = Counter()

    func add(_ name: StaticString, _ number: Int = 1) {
        guard name.hasPointerRepresentation else { return rest.add(number) }
        let address = unsafe UInt(bitPattern: name.utf8Start)
        let start = Int(truncatingIfNeeded: (address &* 0x9E37_79B9_7F4A_7C15) >> 57)
        for step in 0..<slots.count where slots[(start + step) % slots.count].isTaken(by: address) {
            slots[(start + step) % slots.count].count.wrappingAdd(number, ordering: .relaxed)
            return
        }
        rest.add(number)
    }

    /// By name, in order; one name may have had several addresses.
    var counts: [(name: String, count: Int)] {
        var counts: [String: Int] = [:]
        for index in slots.indices {
            guard let name = unsafe UnsafePointer<CChar>(bitPattern: slots[index].name.load(ordering: .relaxed)) else {
                continue
            }
            counts[unsafe String(cString: name), default: 0] += slots[index].count.load(ordering: .relaxed)
        }
        if rest.value > 0 { counts["other"] = rest.value }
        return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
