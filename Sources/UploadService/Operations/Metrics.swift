internal import FastCGI
internal import S3Authorization
internal import S3Client

/// What has been counted since the process began; counting takes no lock and makes nothing.
package final class Metrics: Sendable {
    enum Outcome: Int, CaseIterable {
        case ok
        /// What the client sent, or who it is, was not right.
        case refused
        /// It was our side's fault.
        case failed

        var name: String { "\(self)" }

        init(status: Int) {
            self = status < 400 ? .ok : status < 500 ? .refused : .failed
        }
    }

    /// What became of one try of a call to S3.
    enum CallResult: Int, CaseIterable {
        case ok, notFound, preconditionFailed, conflict, refused, unavailable, unreachable, timedOut, badAnswer
        case noCredentials

        var name: String {
            switch self {
            case .ok: "ok"
            case .notFound: "not_found"
            case .preconditionFailed: "precondition_failed"
            case .conflict: "conflict"
            case .refused: "refused"
            case .unavailable: "unavailable"
            case .unreachable: "unreachable"
            case .timedOut: "timed_out"
            case .badAnswer: "bad_answer"
            case .noCredentials: "no_credentials"
            }
        }
    }

    /// By outcome and route.
    private let requests = Outcome.allCases.map { _ in NamedCounters() }
    private let calls = Metrics.counters(Operation.allCases.count * CallResult.allCases.count)
    let refusals = NamedCounters()
    /// What rules on trial would have refused, by profile; each is of the configuration, now or before.
    private let shadows = Locked<[ByteString: NamedCounters]>([:])
    let events = NamedCounters()
    let signing = Histogram(bounds: [
        50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 10_000_000,
    ])
    let completing = Histogram(bounds: [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
        50_000_000,
    ])
    let calling = Histogram(bounds: [
        1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        15_000_000,
    ])
    let completedUploads = Counter()
    let completedBytes = Counter()
    /// Calls that were made later, by what came of them.
    let deliveries = NamedCounters()

    package init() {
        for route in Route.listed as [Route?] + [nil] {
            for counters in requests { counters.add(route.logName, 0) }
        }
    }

    private static func counters(_ count: Int) -> [Counter] { (0..<count).map { _ in Counter() } }

    /// One request that was answered, after so many microseconds.
    func count(_ route: Route?, _ account: Account, status: Int, microseconds: Int64) {
        requests(Outcome(status: account.reason?.status ?? status)).add(route.logName)
        if let reason = account.reason { refusals.add(reason.code) }
        if let shadow = account.shadow { count(shadow) }
        if route == .sign { signing.add(microseconds) }
        if route == .fileUploaded { completing.add(microseconds) }
        if let size = account.completed { countCompleted(size) }
    }

    func count(_ refusal: ShadowRefusal) {
        let counters = shadows.withLock { shadows in
            let counters = shadows[refusal.profile] ?? NamedCounters()
            shadows[refusal.profile] = counters
            return counters
        }
        counters.add(refusal.reason.code)
    }

    /// By profile and code, in order.
    var shadowRefusals: [(profile: String, code: String, count: Int)] {
        let all = shadows.withLock { $0 }
        return all.map { ("\($0.key)", $0.value.counts) }.sorted { $0.0 < $1.0 }
            .flatMap { profile, counts in counts.map { (profile, $0.name, $0.count) } }
    }

    /// One upload of so many bytes.
    func countCompleted(_ size: Int64) {
        completedUploads.add()
        completedBytes.add(Int(clamping: size))
    }

    func count(_ attempt: Attempt) {
        counter(attempt.operation, CallResult(attempt.failure)).add()
        calling.add(attempt.duration)
    }

    func requests(_ outcome: Outcome) -> NamedCounters { requests[outcome.rawValue] }

    func counter(_ operation: Operation, _ result: CallResult) -> Counter {
        let index = Operation.allCases.firstIndex(of: operation) ?? 0
        return calls[index * CallResult.allCases.count + result.rawValue]
    }
}

extension Metrics.CallResult {
    init(_ failure: S3Error?) {
        switch failure {
        case nil: self = .ok
        case .notFound: self = .notFound
        case .preconditionFailed: self = .preconditionFailed
        case .conflict: self = .conflict
        case .refused where failure?.isTransient == true: self = .unavailable
        case .refused, .redirected, .unsendable: self = .refused
        case .unreachable: self = .unreachable
        case .timedOut: self = .timedOut
        case .badAnswer, .answerTooLarge: self = .badAnswer
        case .credentials: self = .noCredentials
        }
    }
}
