internal import FastCGI
internal import S3Authorization
internal import S3Client
internal import Synchronization

/// Whether uploads would go through now: looked into by one request at a time, and by none for a while after.
final class Readiness: Sendable {
    /// Microseconds that a look is good for.
    static let interval: Int64 = 10_000_000
    /// Milliseconds that one part of a look may take.
    static let patience: Int64 = 3000

    /// What a look found.
    struct Report: Sendable {
        struct Part: Sendable {
            var problem: String?
        }

        /// Milliseconds since 1970.
        var time: Int64
        var credentials: [(use: StaticString, problem: String?, expiration: SigningTime?)] = []
        /// Nil where we make no calls.
        var storage: Part?
        var drift: Int64?
        var hook: Part?
        /// Nil where uploads are not accepted while the hook is down.
        var outbox: Part?

        /// Past this many seconds S3 may refuse what we sign. <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
        private static let driftLimit: Int64 = 300

        var isDrifting: Bool { abs(drift ?? 0) > Self.driftLimit }

        var isReady: Bool {
            credentials.allSatisfy { $0.problem == nil } && storage?.problem == nil && hook?.problem == nil
                && outbox?.problem == nil && !isDrifting
        }
    }

    private struct Known {
        let site: ObjectIdentifier
        /// On the stopwatch.
        let time: Int64
        let report: Report
    }

    private let known = Locked<Known?>(nil)
    private let isLooking = Atomic<Bool>(false)

    /// The last look at this site, or a new one; nil while somebody else has the very first, or all who may wait for S3 do.
    func report(_ shared: SharedSite, _ surroundings: Surroundings) -> Report? {
        let last = known.withLock { $0 }.flatMap { $0.site == ObjectIdentifier(shared) ? $0 : nil }
        if let last, surroundings.stopwatch() - last.time < Self.interval { return last.report }
        guard !isLooking.exchange(true, ordering: .acquiring) else { return last?.report }
        defer { isLooking.store(false, ordering: .releasing) }
        let permits = shared.site.storage?.permits ?? shared.site.uploads?.permits ?? Permits(1)
        guard let report = permits.run({ Self.look(at: shared.site, surroundings) }) else { return last?.report }
        let new = Known(site: ObjectIdentifier(shared), time: surroundings.stopwatch(), report: report)
        let before = known.withLock { known in
            defer { known = new }
            return known?.report.isReady
        }
        if before != report.isReady, before != nil || !report.isReady { Self.note(report, surroundings) }
        return report
    }

    private static func look(at site: Site, _ surroundings: Surroundings) -> Report {
        var report = Report(time: surroundings.now())
        let deadline = { Deadline(milliseconds: patience, after: surroundings.stopwatch()) }
        let storage = site.storage
        let providers: [(StaticString, (any CredentialsProvider)?)] = [
            ("uploads", site.credentials), ("storage", storage?.client.credentials),
        ]
        for (use, provider) in providers {
            guard let provider else { continue }
            do throws(CredentialsError) {
                let expiration = try provider.credentials(until: deadline()).expiration
                let isOver = expiration.map { $0 <= surroundings.signingTime } ?? false
                report.credentials.append((use, isOver ? "they have expired" : nil, expiration))
            } catch {
                report.credentials.append((use, "\(error)", nil))
            }
        }
        if let storage {
            let place = ObjectLocation(bucket: storage.bucket, key: ByteString(storage.claims.bytes + "probe".utf8))
            report.storage = .init(problem: storage.client.obstacle(at: place, until: deadline()).map { "\($0)" })
        } else if let uploads = site.uploads {
            // The key that signs may only write.
            let place = ObjectLocation(bucket: site.rules.rules.bucket, key: "probe")
            let problem = uploads.client.obstacle(at: place, mayBeDenied: true, until: deadline())
            report.storage = .init(problem: problem.map { "\($0)" })
        }
        report.drift = site.drift
        if let outbox = site.hook?.outbox, outbox.accepts {
            report.outbox = .init(problem: outbox.folder.obstacle().map { "\($0)" })
        }
        if let hook = site.hook?.hook, site.hook?.isNeeded == true {
            report.hook = .init(problem: hook.isThere(until: deadline()) ? nil : "nobody answers there")
        }
        return report
    }

    /// The reasons, which are for the log alone.
    private static func note(_ report: Report, _ surroundings: Surroundings) {
        surroundings.note(report.isReady ? .info : .warning) { line in
            line.add("event", report.isReady ? "ready again" : "not ready")
            for part in report.credentials {
                if let problem = part.problem { line.add(part.use, problem) }
            }
            if let problem = report.storage?.problem { line.add("s3", problem) }
            if report.isDrifting, let drift = report.drift { line.add("clock_drift", Int(drift)) }
            if let problem = report.hook?.problem { line.add("hook", problem) }
            if let problem = report.outbox?.problem { line.add("outbox", problem) }
        }
    }
}
