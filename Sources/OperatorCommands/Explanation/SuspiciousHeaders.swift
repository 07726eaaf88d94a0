internal import S3Authorization

extension Suspicion {
    /// Headers that were added, sent twice, or changed on the way.
    static func headers(_ received: ReceivedRequest) -> [Suspicion] {
        var suspicions: [Suspicion] = []
        for header in received.headers where !header.name.is("host") {
            let name = header.name
            let shown = header.shownValue
            if name.is("content-type") { suspicions += contentTypes(header, received) }
            suspicions += spaces(header, received)
            if let comma = header.value.bytes.firstIndex(of: UInt8(ascii: ",")) {
                let first = ByteString(header.value.bytes[..<comma]).trimmed
                suspicions.append(
                    Suspicion(
                        .headerChanged,
                        "\(name) reached S3 with \(shown), a second value "
                            + "after "
                            + "the one that was signed.",
                        mending: "Stop the client or the proxy that adds a second \(name).",
                        received.with(name, first)))
            }
            suspicions.append(
                Suspicion(
                    .headerAdded, "The header \(name) (\(shown)) was added after signing.",
                    mending: "Stop the client or the proxy that adds \(name), or have it signed.",
                    received.without(name)))
        }
        return suspicions
    }

    private static func contentTypes(_ header: HeaderField, _ received: ReceivedRequest) -> [Suspicion] {
        let type = ByteString(header.value.bytes.prefix { $0 != UInt8(ascii: ";") }).trimmed
        var others: [ByteString] = [
            type, "", "application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded",
            "application/xml", "application/xml; charset=UTF-8", "text/plain;charset=UTF-8",
        ]
        others += ["; charset=UTF-8", ";charset=UTF-8", "; charset=utf-8", ";charset=utf-8"].map {
            ByteString(type.bytes + Array($0.utf8))
        }
        return others.filter { $0 != header.value }.map { other in
            Suspicion(
                .contentType,
                "Signed for the Content-Type \(Printable.quoted(other)), but sent with "
                    + "\(Printable.quoted(header.value)).",
                mending: "Send the very Content-Type that was signed; browsers and libraries like to add a charset.",
                received.with(header.name, other))
        }
    }

    /// Whoever signs must make one space of many, as S3 does.
    private static func spaces(_ header: HeaderField, _ received: ReceivedRequest) -> [Suspicion] {
        let value = Array(header.value.bytes)
        let places = value.indices.filter { value[$0] == UInt8(ascii: " ") }.prefix(32)
        var others = places.map { place in
            ByteString(Array(value[..<place]) + [UInt8(ascii: " ")] + Array(value[place...]))
        }
        others += [ByteString(value + [UInt8(ascii: " ")]), ByteString([UInt8(ascii: " ")] + value)]
        return others.map { other in
            Suspicion(
                .whiteSpace,
                "Signed with \(header.name) \(HeaderField(header.name, other).shownValue), where S3 counts spaces in a "
                    + "row once "
                    + "and none at the ends.",
                mending: "Make one space of several in \(header.name) before "
                    + "signing.", received.with(header.name, other))
        }
    }
}

extension HeaderField {
    /// The value for people: a session token is half a secret.
    fileprivate var shownValue: String {
        lowercasedName.is("x-amz-security-token") ? "\"…\"" : Printable.quoted(value)
    }
}
