/// One thing that is wrong, or may be, and what mends it.
package struct Cause: Sendable, Equatable {
    package enum Name: String, Sendable, CaseIterable {
        case host = "host_changed"
        case addressing = "addressing"
        case path = "path_changed"
        case encoding = "encoding"
        case query = "query_changed"
        case method = "method_changed"
        case headerAdded = "header_added"
        case headerChanged = "header_changed"
        case whiteSpace = "white_space"
        case contentType = "content_type"
        case payload = "payload"
        case clock = "clock"
        case expired = "expired"
        case region = "wrong_region"
        case accessKey = "wrong_key_id"
        case secret = "wrong_secret"
        case token = "session_token"
        case rights = "missing_right"
        case policy = "policy_refused"
        case policyChanged = "policy_changed"
        case size = "size"
        case bucket = "wrong_bucket"
        case acl = "acl"
        case store = "store"
        case unknown = "unknown"
    }

    package let name: Name
    /// Whether it was proved, or S3 itself says so; else it only looks like it.
    package let isCertain: Bool
    /// One sentence: what is wrong.
    package let message: String
    /// One sentence: what to do.
    package let mending: String

    init(_ name: Name, isCertain: Bool = true, _ message: String, mending: String) {
        self.name = name
        self.isCertain = isCertain
        self.message = message
        self.mending = mending
    }
}

/// What a refusal, a URL or a policy turned out to be.
package struct Explanation: Sendable, Equatable {
    /// One sentence: what was read.
    package var subject: String
    /// The likeliest first; empty where nothing is wrong.
    package var causes: [Cause] = []
    /// Where what S3 received and what we would sign part.
    package var difference: Difference?
    /// What was found to be right, one sentence each.
    package var remarks: [String] = []

    /// Whether everything that could be looked at was right, or what is wrong has a name.
    package var isConclusive: Bool { !causes.contains { $0.name == .unknown } }
}
