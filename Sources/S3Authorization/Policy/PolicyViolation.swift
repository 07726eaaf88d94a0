/// One thing that is wrong with what a client asks us to sign.
public struct PolicyViolation: Error, Equatable, Sendable {
    /// Whether the request itself is wrong, or only who sent it.
    public enum Kind: Sendable {
        /// The request is malformed or breaks a rule.
        case invalid
        /// Well formed, but not for this caller.
        case notPermitted
    }

    /// Which part of the policy it concerns.
    public enum Place: Equatable, Sendable {
        case conditions
        case expiration
        case condition(ByteString)
    }

    /// Which part of the policy breaks a rule.
    public let place: Place
    /// For people; never holds a secret.
    public let message: String
    /// What decides between the statuses 400 and 403.
    public let kind: Kind

    init(_ place: Place, _ message: String, kind: Kind = .invalid) {
        self.place = place
        self.message = message
        self.kind = kind
    }
}

/// All that is wrong with a policy, in the order in which it was found; never empty.
public struct PolicyViolations: Error, Equatable, Sendable {
    /// At least one.
    public let all: [PolicyViolation]

    /// Whether the policy would be fine for somebody else: nothing in it is malformed.
    public var areAllOfPermission: Bool { all.allSatisfy { $0.kind == .notPermitted } }
}
