internal import S3Authorization
internal import S3Client

/// Makes the calls that wait in the outbox.
///
/// Any number of processes may do so beside each other: each record is held by one of them while it is called.
package struct Courier: Sendable {
    package enum Outcome: String, Sendable, CaseIterable {
        case delivered
        /// The site says no to what has been accepted.
        case refused
        case postponed
        case givenUp = "given_up"

        var name: StaticString {
            switch self {
            case .delivered: "delivered"
            case .refused: "refused"
            case .postponed: "postponed"
            case .givenUp: "given_up"
            }
        }
    }

    package struct Delivery: Sendable {
        package let id: String
        package let outcome: Outcome
        /// Empty where it was delivered.
        package let reason: String
    }

    package struct Round: Sendable {
        package var deliveries: [Delivery] = []
        /// Why one or more records could not be handled; the others were.
        package var problem: SpoolError?

        package init() {}
    }

    /// So many failures in a row, and the rest of a round waits: the site is down.
    private static let patience = 3
    /// Milliseconds.
    private static let temporaryAge: Int64 = 129_600_000

    let outbox: Outbox
    let site: SiteHook
    let surroundings: Surroundings

    /// Nil where there is no outbox.
    package init?(_ site: SiteHook?, _ surroundings: Surroundings) {
        guard let site, let outbox = site.outbox else { return nil }
        self.outbox = outbox
        self.site = site
        self.surroundings = surroundings
    }

    private var folder: SpoolFolder { outbox.folder }

    /// Makes every call that is due, the one that has waited longest first.
    package func round() throws(SpoolError) -> Round {
        let now = surroundings.now()
        folder.clearTemporary(olderThan: Self.temporaryAge, at: now)
        let due = try folder.names(in: .new)
            .compactMap { name in folder.due(name, in: .new).map { (name, $0) } }
            .filter { isDue($0.1, at: now) }
            .sorted { $0.1 < $1.1 }
        var round = Round()
        var failures = 0
        for (name, _) in due where failures < Self.patience {
            do throws(SpoolError) {
                guard let delivery = try deliver(name) else { continue }
                round.deliveries.append(delivery)
                failures = delivery.outcome == .postponed || delivery.outcome == .givenUp ? failures + 1 : 0
            } catch {
                round.problem = round.problem ?? error
            }
        }
        return round
    }

    /// A time too far ahead is that of a clock which was wrong.
    private func isDue(_ time: Int64, at now: Int64) -> Bool { time <= now || time > now + 2 * BackOff.longest }

    /// Nil where it is gone, not due any more, or in somebody else's hands.
    private func deliver(_ name: String) throws(SpoolError) -> Delivery? {
        guard let file = try folder.take(name, in: .new), isDue(file.due, at: surroundings.now()) else { return nil }
        guard var record = SpoolRecord(parsing: try file.bytes()), record.event.id.description == name else {
            try file.putOff(until: surroundings.now() + BackOff.longest)
            return note(Delivery(id: name, outcome: .postponed, reason: "the file is no record of a call"), 0)
        }
        // First of all: on a disk that takes no writing the site would be called again and again. And whoever dies with
        // the record in hand does not take it up at once.
        try file.putOff(until: surroundings.now() + BackOff.pause(after: record.attempts + 1, surroundings))
        var event = record.event
        event.occurred = event.time
        event.time = surroundings.now() / 1000
        let verdict = site.hook.call(
            event, until: Deadline(milliseconds: site.deadline, after: surroundings.stopwatch()))
        record.attempts += 1
        switch verdict {
        case .accepted:
            try folder.remove(name, from: .new)
            return note(Delivery(id: name, outcome: .delivered, reason: ""), record.attempts)
        case .refused(let reason):
            record.reason = "refused: \(reason)"
            try bury(record, name)
            return note(Delivery(id: name, outcome: .refused, reason: reason), record.attempts)
        case .undecided(let reason):
            record.reason = reason
            guard surroundings.now() / 1000 - record.created < outbox.giveUpAfter else {
                try bury(record, name)
                return note(Delivery(id: name, outcome: .givenUp, reason: reason), record.attempts)
            }
            // Put off it is already; what went wrong is written down where the disk has room for it.
            try? folder.write(
                record.document, as: name, into: .new, due: file.due, mark: surroundings.mark)
            return note(Delivery(id: name, outcome: .postponed, reason: reason), record.attempts)
        }
    }

    /// There is a moment at which it stands in both boxes: killed then, it is called once more.
    private func bury(_ record: SpoolRecord, _ name: String) throws(SpoolError) {
        try folder.write(record.document, as: name, into: .dead, due: surroundings.now(), mark: surroundings.mark)
        try folder.remove(name, from: .new)
    }

    private func note(_ delivery: Delivery, _ attempts: Int) -> Delivery {
        surroundings.metrics.deliveries.add(delivery.outcome.name)
        let severity: Severity =
            switch delivery.outcome {
            case .delivered: .info
            case .postponed: .warning
            case .refused, .givenUp: .error
            }
        surroundings.note(severity) { line in
            line.add("event", word: "outbox")
            line.add("webhook_id", delivery.id)
            line.add("result", word: delivery.outcome.name)
            line.add("attempts", attempts)
            if !delivery.reason.isEmpty { line.add("cause", delivery.reason) }
        }
        return delivery
    }
}
