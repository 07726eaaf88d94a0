import Synchronization

/// The signing keys of late, so that most signatures derive none; many threads may share one.
public final class SigningKeyCache: Sendable {
    private struct Entry {
        /// Held, so that no other secret can come to have its identity.
        let secret: Secret
        let key: SigningKey
    }

    private let capacity: Int
    private let entries = Mutex<[Entry]>([])

    /// Keeps at most `capacity` keys: one a day for each secret and region in use is plenty.
    public init(capacity: Int = 16) {
        self.capacity = max(1, capacity)
    }

    package func key(secret: Secret, scope: CredentialScope) -> SigningKey {
        let known = entries.withLock { entries in
            entries.first { $0.secret.isIdentical(to: secret) && $0.key.scope == scope }?.key
        }
        if let known { return known }
        let key = SigningKey(secret: secret, scope: scope)
        entries.withLock { entries in
            if entries.count >= capacity { entries.removeFirst() }
            entries.append(Entry(secret: secret, key: key))
        }
        return key
    }

    var count: Int { entries.withLock { $0.count } }
}
