internal import S3Authorization
package import UploadService

/// The outbox for people and for programs.
package enum SpoolText {
    package static func list(_ entries: [Outbox.Entry]) -> String {
        let dead = entries.count(where: \.isDead)
        let lines = entries.map { "\($0.id)  \($0.summary)\n" }
        return lines.joined() + "\(entries.count - dead) waiting, \(dead) dead"
    }

    package static func list(_ entries: [Outbox.Entry]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for entry in entries { entry.write(to: &writer, withData: false) }
        writer.endArray()
        return writer.bytes
    }

    /// One record with the whole call, as JSON.
    package static func show(_ entry: Outbox.Entry) -> [UInt8] {
        var writer = JSONWriter()
        entry.write(to: &writer, withData: true)
        return writer.bytes
    }

    package static func deliveries(_ deliveries: [Courier.Delivery]) -> String {
        deliveries.map { delivery in
            let reason = delivery.reason.isEmpty ? "" : ": \(delivery.reason)"
            return "\(delivery.id)  \(delivery.outcome.text)\(reason)"
        }.joined(separator: "\n")
    }

    package static func deliveries(_ deliveries: [Courier.Delivery]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for delivery in deliveries {
            writer.beginObject()
            writer.name("id")
            writer.string(delivery.id)
            writer.name("result")
            writer.string(delivery.outcome.rawValue)
            writer.name("reason")
            writer.string(delivery.reason)
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    fileprivate static func time(_ seconds: Int64) -> String {
        (try? SigningTime(secondsSince1970: seconds)).map { $0.text(.extended).description } ?? "\(seconds)"
    }
}

extension Outbox.Entry {
    fileprivate var summary: String {
        let state = isDead ? "dead     " : "waiting  "
        guard let record else { return state + "the file is no record of a call" }
        let next = isDead ? "dead since" : "next try"
        return state + "accepted \(SpoolText.time(record.created)), tried \(record.attempts)x, \(next) "
            + "\(SpoolText.time(time / 1000)): \(record.reason)"
    }

    fileprivate func write(to writer: inout JSONWriter, withData: Bool) {
        writer.beginObject()
        writer.name("id")
        writer.string(id)
        writer.name("state")
        writer.string(isDead ? "dead" : "waiting")
        writer.name(isDead ? "diedAt" : "nextTry")
        writer.string(SpoolText.time(time / 1000))
        if let record {
            writer.name("type")
            writer.string(record.event.kind.rawValue)
            writer.name("accepted")
            writer.string(SpoolText.time(record.created))
            writer.name("attempts")
            writer.number(record.attempts)
            writer.name("reason")
            writer.string(record.reason)
            if withData {
                writer.name("data")
                writer.raw(record.event.data.bytes)
            }
        }
        writer.endObject()
    }
}

extension Courier.Outcome {
    fileprivate var text: String {
        switch self {
        case .delivered: "delivered"
        case .refused: "refused by the site, dead"
        case .postponed: "postponed"
        case .givenUp: "given up, dead"
        }
    }
}

extension Desk {
    /// Nil where no spool is configured.
    package var outbox: Outbox? { site.hook?.outbox }

    /// Calls the site with everything that is due.
    package func deliverWaiting() throws(SpoolError) -> Courier.Round {
        try Courier(site.hook, surroundings)?.round() ?? Courier.Round()
    }

    package func retry(_ id: String) throws(SpoolError) -> Outbox.Change {
        try outbox?.retry(id, surroundings) ?? .missing
    }
}
