package import S3Authorization

/// What one sweep came to.
package struct SweepTally: Sendable, Equatable {
    /// What became of one upload, or would.
    package enum Fate: String, Sendable, CaseIterable {
        /// Younger than the sweep looks at.
        case young
        /// Complete before the sweep.
        case accepted
        /// Refused by the site before the sweep.
        case refused
        /// In nobody's prefix.
        case foreign
        /// Somebody completes it just now.
        case busy
        /// Its completion never came.
        case waiting
        case completed
        /// Refused in this sweep, by the rules or by the site.
        case rejected
        case deleted
        case failed
        /// An upload in parts that was begun long ago.
        case stale
        case aborted
    }

    private var counts: [Fate: Int] = [:]
    /// What went wrong with the sweep itself, in the order in which it did.
    package internal(set) var problems: [String] = []

    package init() {}

    package subscript(fate: Fate) -> Int { counts[fate] ?? 0 }

    package mutating func add(_ fate: Fate) { counts[fate, default: 0] += 1 }

    /// Whether all that was asked for was done.
    package var isClean: Bool { self[.failed] == 0 && problems.isEmpty }

    package var examined: Int {
        counts.reduce(0) { $0 + ($1.key == .stale || $1.key == .aborted ? 0 : $1.value) }
    }

    package var text: String {
        let shown = Fate.allCases.filter { self[$0] > 0 }.map { "\(self[$0]) \($0.rawValue)" }
        return "\(examined) uploads examined" + (shown.isEmpty ? "" : ": " + shown.joined(separator: ", "))
    }

    /// For programs: one JSON object, every count in it.
    package func json(isDry: Bool) -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.name("clean")
        writer.boolean(isClean)
        writer.name("dryRun")
        writer.boolean(isDry)
        writer.name("examined")
        writer.number(Int64(examined))
        for fate in Fate.allCases {
            writer.escapedName(ByteString(fate.rawValue))
            writer.number(Int64(self[fate]))
        }
        writer.name("problems")
        writer.beginArray()
        for problem in problems { writer.string(problem) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }
}

extension ByteString {
    /// A key for people: what might move a terminal's cursor, or is no ASCII, shows as `%XX`.
    package var shown: String {
        var text: [UInt8] = []
        for byte in bytes {
            if (0x21...0x7e).contains(byte) {
                text.append(byte)
            } else {
                text += Array("%".utf8) + Hexadecimal.encode([byte]).bytes
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
