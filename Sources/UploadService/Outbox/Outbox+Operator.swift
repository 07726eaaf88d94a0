internal import S3Authorization

/// What an operator may see of the outbox and do with it.
extension Outbox {
    package struct Entry: Sendable {
        package let id: String
        package let isDead: Bool
        /// Nil where the file is no record.
        package let record: SpoolRecord?
        /// Milliseconds since 1970: the next try, or when it died.
        package let time: Int64
    }

    package enum Change: Sendable {
        case done
        case missing
        /// It is being delivered at this moment.
        case busy
        case unreadable
    }

    /// Those that wait, then the dead, each the oldest first.
    package func entries() throws(SpoolError) -> [Entry] {
        var entries: [Entry] = []
        for box in [SpoolFolder.Box.new, .dead] {
            var those: [Entry] = []
            for name in try folder.names(in: box) {
                if let entry = try entry(name, box) { those.append(entry) }
            }
            entries += those.sorted { ($0.record?.created ?? 0, $0.id) < ($1.record?.created ?? 0, $1.id) }
        }
        return entries
    }

    /// Nil where there is none of this name.
    package func entry(_ id: String) throws(SpoolError) -> Entry? {
        guard SpoolFolder.isName(id) else { return nil }
        if let entry = try entry(id, .new) { return entry }
        return try entry(id, .dead)
    }

    private func entry(_ name: String, _ box: SpoolFolder.Box) throws(SpoolError) -> Entry? {
        guard let time = folder.due(name, in: box), let bytes = try folder.read(name, in: box) else { return nil }
        return Entry(id: name, isDead: box == .dead, record: SpoolRecord(parsing: bytes), time: time)
    }

    /// Makes it due now; a dead one waits again, as if it had just been accepted.
    package func retry(_ id: String, _ surroundings: Surroundings) throws(SpoolError) -> Change {
        guard SpoolFolder.isName(id) else { return .missing }
        let now = surroundings.now()
        if let file = try folder.take(id, in: .new) {
            try file.putOff(until: now)
            return .done
        }
        if folder.contains(id, in: .new) { return .busy }
        guard let file = try folder.take(id, in: .dead) else {
            return folder.contains(id, in: .dead) ? .busy : .missing
        }
        guard var record = SpoolRecord(parsing: try file.bytes()) else { return .unreadable }
        record.attempts = 0
        record.created = now / 1000
        try folder.write(record.document, as: id, into: .new, due: now, mark: surroundings.mark)
        try folder.remove(id, from: .dead)
        return .done
    }

    /// The site is never told.
    package func drop(_ id: String) throws(SpoolError) -> Change {
        guard SpoolFolder.isName(id) else { return .missing }
        var change = Change.missing
        for box in [SpoolFolder.Box.new, .dead] where folder.contains(id, in: box) {
            guard let file = try folder.take(id, in: box) else { return .busy }
            try folder.remove(id, from: box)
            _ = consume file
            change = .done
        }
        return change
    }
}
