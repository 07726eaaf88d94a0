internal import S3Authorization

/// A call to the site that is still to be made: the file's content, a JSON object.
package struct SpoolRecord: Sendable, Equatable {
    /// Without the client's headers, which may hold a login.
    package var event: HookEvent
    /// Seconds since 1970 UTC, when the upload was accepted.
    package var created: Int64
    /// How often it was tried later.
    package var attempts = 0
    /// What went wrong the last time.
    package var reason: String

    package init(_ event: HookEvent, created: Int64, reason: String) {
        self.event = event
        self.event.headers = []
        self.created = created
        self.reason = reason
    }
}

extension SpoolRecord {
    package var document: [UInt8] {
        var writer = JSONWriter(capacity: event.data.count + 300)
        writer.beginObject()
        writer.name("version")
        writer.number(1)
        writer.name("id")
        writer.string(event.id)
        writer.name("type")
        writer.string(event.kind.rawValue)
        writer.name("time")
        writer.number(event.time)
        writer.name("created")
        writer.number(created)
        writer.name("attempts")
        writer.number(attempts)
        writer.name("reason")
        writer.string(reason)
        writer.name("data")
        writer.raw(event.data.bytes)
        writer.endObject()
        return writer.bytes
    }

    /// Nil where the text is no record.
    package init?(parsing document: [UInt8]) {
        guard let members = try? JSONMembers(parsing: document), members.number("version") == 1,
            let id = members.string("id"),
            let kind = members.string("type")?.string.flatMap(HookEvent.Kind.init(rawValue:)),
            let time = members.number("time"), let created = members.number("created"),
            let attempts = members.number("attempts").flatMap({ Int(exactly: $0) }),
            let reason = members.string("reason")?.string, let data = members["data"],
            data.bytes.first == UInt8(ascii: "{")
        else { return nil }
        event = HookEvent(kind: kind, id: id, time: time, data: data)
        self.created = created
        self.attempts = attempts
        self.reason = reason
    }
}
