package import S3Authorization
internal import Synchronization

/// Hands out new credentials each time it is asked, at the cost of a request.
package protocol CredentialsSource: Sendable {
    func fetch(until deadline: Deadline) throws(CredentialsError) -> Credentials
}

/// Fetched credentials, renewed five minutes before they expire by one thread while the others go on with the old.
///
/// A renewal that fails leaves the old in use until they expire, and is tried again by a later call.
package final class RefreshingCredentials: CredentialsProvider {
    /// Seconds before the end from which on they are renewed.
    package static let margin: Int64 = 300
    /// Milliseconds that one fetch may take.
    package static let patience: Int64 = 5000
    /// Milliseconds after a failed renewal before the next.
    package static let pause: Int64 = 10_000
    /// The same where there are no credentials to go on with: who asks meanwhile is told so at once.
    package static let rest: Int64 = 1000

    private struct Failure {
        let error: CredentialsError
        /// Microseconds on the stopwatch.
        let time: Int64
    }

    private let source: any CredentialsSource
    private let surroundings: S3Surroundings
    private let current = Mutex<Credentials?>(nil)
    /// Held by the one that fetches.
    private let fetching = Mutex<Failure?>(nil)

    package init(_ source: any CredentialsSource, surroundings: S3Surroundings) {
        self.source = source
        self.surroundings = surroundings
    }

    package func credentials(until deadline: Deadline) throws(CredentialsError) -> Credentials {
        let start = surroundings.stopwatch()
        if let known = current.withLock({ $0 }), secondsLeft(known) > 0 {
            if secondsLeft(known) > Self.margin { return known }
            // Whoever finds the place taken, or the last attempt too fresh, goes on with the old.
            let renewed = fetching.withLockIfAvailable { last -> Credentials? in
                if let last, start - last.time < Self.pause * 1000 { return nil }
                return try? fetch(&last, until: deadline)
            }
            return (renewed ?? nil) ?? known
        }
        return try fetching.withLock { last throws(CredentialsError) -> Credentials in
            if let known = current.withLock({ $0 }), secondsLeft(known) > 0 { return known }
            // Failed lately, or while we stood in line: all share that answer, or each would wait longer.
            if let last, start - last.time < Self.rest * 1000 { throw last.error }
            return try fetch(&last, until: deadline)
        }
    }

    package var known: Credentials? { current.withLock { $0 } }

    package func reject(_ credentials: Credentials) {
        current.withLock { current in
            if let known = current, known.isIdentical(to: credentials) { current = nil }
        }
    }

    private func fetch(
        _ last: inout Failure?, until deadline: Deadline
    ) throws(CredentialsError) -> Credentials {
        let own = Deadline(milliseconds: Self.patience, after: surroundings.stopwatch())
        do throws(CredentialsError) {
            let fetched = try source.fetch(until: min(own, deadline))
            guard secondsLeft(fetched) > 0 else { throw .unavailable("the credentials handed out have expired") }
            current.withLock { $0 = fetched }
            last = nil
            return fetched
        } catch {
            last = Failure(error: error, time: surroundings.stopwatch())
            if let known = current.withLock({ $0 }), secondsLeft(known) > 0 {
                surroundings.notice("the credentials \(known.accessKeyID) cannot be renewed yet: \(error)")
            }
            throw error
        }
    }

    private func secondsLeft(_ known: Credentials) -> Int64 {
        guard let expiration = known.expiration else { return .max }
        return expiration.secondsSince1970 - surroundings.now() / 1000
    }
}
