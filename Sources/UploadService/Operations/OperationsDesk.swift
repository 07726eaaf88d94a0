internal import FastCGI
internal import Synchronization

/// What operators and their programs are told besides the counters; it outlives every site.
package final class OperationsDesk: Sendable {
    /// How the process is, at the moment of a question.
    package struct Load: Sendable {
        package var workers = 0
        package var busyWorkers = 0
        package var hungWorkers = 0
        package var connections = 0
        /// Whether it was told to end.
        package var isDraining = false

        package init(workers: Int = 0, busyWorkers: Int = 0, hungWorkers: Int = 0, connections: Int = 0) {
            self.workers = workers
            self.busyWorkers = busyWorkers
            self.hungWorkers = hungWorkers
            self.connections = connections
        }
    }

    /// Milliseconds since 1970.
    let started: Int64
    let version: String
    /// Whether this process answers one request only, and so knows of no other.
    let isAlone: Bool
    let reloads = Reloads()
    let readiness = Readiness()
    private let measure = Locked<@Sendable () -> Load>({ Load() })

    package init(version: String = "", started: Int64 = 0, isAlone: Bool = false) {
        self.version = version
        self.started = started
        self.isAlone = isAlone
    }

    /// From now on asks `measure` how the process is.
    package func watch(_ measure: @escaping @Sendable () -> Load) {
        self.measure.withLock { $0 = measure }
    }

    var load: Load { measure.withLock { $0 }() }

    /// How often the configuration was read again, and how it went.
    final class Reloads: Sendable {
        let succeeded = Counter()
        let failed = Counter()
        private let last = Locked<(time: Int64, isGood: Bool)?>(nil)

        /// The last one; nil before the first.
        var latest: (time: Int64, isGood: Bool)? { last.withLock { $0 } }

        func note(_ time: Int64, isGood: Bool) {
            (isGood ? succeeded : failed).add()
            last.withLock { $0 = (time, isGood) }
        }
    }
}
