package import S3Authorization
package import S3Client

/// The site's own say in what happens here: it is told, and may refuse.
package protocol Hook: Sendable {
    func call(_ event: HookEvent, until deadline: Deadline) -> HookVerdict

    /// Whether a call would find somebody, as far as can be seen without one.
    func isThere(until deadline: Deadline) -> Bool
}

extension Hook {
    package func isThere(until deadline: Deadline) -> Bool { true }
}

/// What the site is told.
package struct HookEvent: Sendable, Equatable {
    package enum Kind: String, Sendable {
        case completed = "upload.completed"
        case signing = "upload.signing"
        case copying = "upload.copying"
    }

    package var kind: Kind
    /// The same for every repeat about the same upload: Standard Webhooks' `webhook-id`.
    package var id: ByteString
    /// Seconds since 1970 UTC.
    package var time: Int64
    /// When it happened, where the call comes later; else at `time`.
    package var occurred: Int64?
    /// The event's `data`: a JSON object.
    package var data: ByteString
    /// Headers of the client's request; a hook passes on those that it was told to.
    package var headers: [HeaderField]

    package init(kind: Kind, id: ByteString, time: Int64, data: ByteString, headers: [HeaderField] = []) {
        self.kind = kind
        self.id = id
        self.time = time
        self.data = data
        self.headers = headers
    }
}

/// What the site says to it.
package enum HookVerdict: Sendable, Equatable {
    /// The members of its JSON answer, each value as JSON; empty where it said nothing.
    case accepted([JSONMember])
    /// Its error, for the client.
    case refused(String)
    /// No verdict: the same call is to be made again later; the reason is for the log.
    case undecided(String)
}

/// One member of a JSON object, its value still JSON.
package struct JSONMember: Sendable, Equatable {
    package let name: ByteString
    package let json: ByteString

    package init(_ name: ByteString, json: ByteString) {
        self.name = name
        self.json = json
    }
}
