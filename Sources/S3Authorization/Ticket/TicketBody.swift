/// A ticket's fields in as few bytes as they take: each its length and its bytes, numbers in groups of seven bits.
///
/// What is optional is a field with one byte before it, or without any. The order is the format: a change of it is a new
/// version of `TicketKeys`.
enum TicketBody {
    static func write(_ ticket: Ticket) -> [UInt8] {
        var writer = Writer()
        for text in [ticket.uploadID, ticket.bucket, ticket.key, ticket.owner, ticket.profile, ticket.name] {
            writer.text(text)
        }
        writer.number(UInt64(bitPattern: ticket.expiry.secondsSince1970))
        writer.number(ticket.maximumSize)
        writer.optional(ticket.size) { $0.number($1) }
        writer.optional(ticket.type) { $0.text($1) }
        writer.optional(ticket.checksum) { $0.text($1) }
        return writer.bytes
    }

    /// Nil where the bytes are not, whole, what `write` makes.
    static func read(_ bytes: [UInt8]) -> Ticket? {
        var reader = Reader(rest: bytes[...])
        guard let uploadID = reader.text(), let bucket = reader.text(), let key = reader.text(),
            let owner = reader.text(), let profile = reader.text(), let name = reader.text(),
            let seconds = reader.number().flatMap({ Int64(exactly: $0) }),
            let expiry = try? SigningTime(secondsSince1970: seconds), let maximumSize = reader.number()
        else { return nil }
        var ticket = Ticket(
            bucket: bucket, key: key, owner: owner, profile: profile, maximumSize: maximumSize, expiry: expiry,
            name: name)
        ticket.uploadID = uploadID
        guard let size = reader.optional({ $0.number() }), let type = reader.optional({ $0.text() }),
            let checksum = reader.optional({ $0.text() }), reader.rest.isEmpty
        else { return nil }
        (ticket.size, ticket.type, ticket.checksum) = (size, type, checksum)
        return ticket
    }

    private struct Writer {
        var bytes: [UInt8] = []

        mutating func number(_ value: UInt64) {
            var value = value
            while value >= 0x80 {
                bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
                value >>= 7
            }
            bytes.append(UInt8(truncatingIfNeeded: value))
        }

        mutating func text(_ text: ByteString) {
            number(UInt64(text.count))
            bytes += text.bytes
        }

        mutating func optional<Value>(_ value: Value?, _ write: (inout Writer, Value) -> Void) {
            bytes.append(value == nil ? 0 : 1)
            if let value { write(&self, value) }
        }
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func number() -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 70, by: 7) {
                guard let byte = rest.popFirst(), shift < 63 || byte <= 1 else { return nil }
                value |= UInt64(byte & 0x7f) << shift
                if byte < 0x80 { return value }
            }
            return nil
        }

        mutating func text() -> ByteString? {
            guard let count = number(), count <= UInt64(rest.count) else { return nil }
            defer { rest = rest.dropFirst(Int(count)) }
            return ByteString(rest.prefix(Int(count)))
        }

        /// Nil where it cannot be read; `.some(nil)` where there is no value.
        mutating func optional<Value>(_ read: (inout Reader) -> Value?) -> Value?? {
            switch rest.popFirst() {
            case 0: .some(nil)
            case 1: read(&self).map { .some($0) }
            default: nil
            }
        }
    }
}
