package import S3Authorization
internal import Synchronization

/// Credentials and until when they are good; nil for always.
package struct TemporaryCredentials: Sendable {
    package var credentials: Credentials
    package var expiration: SigningTime?

    package init(credentials: Credentials, expiration: SigningTime? = nil) {
        self.credentials = credentials
        self.expiration = expiration
    }
}

/// Hands out new credentials each time it is asked, at the cost of a request.
package protocol CredentialsSource: Sendable {
    func fetch(until deadline: Deadline) throws(CredentialsError) -> TemporaryCredentials
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

    private struct Failure {
        let error: CredentialsError
        /// Microseconds on the stopwatch.
        let time: Int64
    }

    private let source: any CredentialsSource
    private let surroundings: S3Surroundings
    private let current = Mutex<TemporaryCredentials?>(nil)
    /// Held by the one that fetches.
    private let fetching = Mutex<Failure?>(nil)

    package init(_ source: any CredentialsSource, surroundings: S3Surroundings) {
        self.source = source
        self.surroundings = surroundings
    }

    package func credentials(until deadline: Deadline) throws(CredentialsError) -> Credentials {
        let start = surroundings.stopwatch()
        if let known = current.withLock({ $0 }), secondsLeft(known) > 0 {
            if secondsLeft(known) > Self.margin { return known.credentials }
            // Whoever finds the place taken, or the last attempt too fresh, goes on with the old.
            let renewed = fetching.withLockIfAvailable { last -> TemporaryCredentials? in
                if let last, start - last.time < Self.pause * 1000 { return nil }
                return try? fetch(&last, until: deadline)
            }
            return (renewed ?? nil)?.credentials ?? known.credentials
        }
        return try fetching.withLock { last throws(CredentialsError) -> Credentials in
            if let known = current.withLock({ $0 }), secondsLeft(known) > 0 { return known.credentials }
            // Failed while we stood in line: all in the line share that answer, or each would wait longer.
            if let last, last.time >= start { throw last.error }
            return try fetch(&last, until: deadline).credentials
        }
    }

    package func reject(_ credentials: Credentials) {
        current.withLock { current in
            if let known = current, known.credentials.isIdentical(to: credentials) { current = nil }
        }
    }

    private func fetch(
        _ last: inout Failure?, until deadline: Deadline
    ) throws(CredentialsError) -> TemporaryCredentials {
        let own = Deadline(milliseconds: Self.patience, after: surroundings.stopwatch())
        do throws(CredentialsError) {
            let fetched = try source.fetch(until: min(own, deadline))
            guard secondsLeft(fetched) > 0 else { throw .unavailable("the credentials handed out have expired") }
            current.withLock { $0 = fetched }
            last = nil
            return fetched
        } catch {
            last = Failure(error: error, time: surroundings.stopwatch())
            throw error
        }
    }

    private func secondsLeft(_ known: TemporaryCredentials) -> Int64 {
        guard let expiration = known.expiration else { return .max }
        return expiration.secondsSince1970 - surroundings.now() / 1000
    }
}
