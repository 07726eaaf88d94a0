import Glibc
import Synchronization

/// All open connections. A descriptor is closed under its lock, so that the watchdog never touches a number given anew.
final class ConnectionTable: Sendable {
    private let connections = Locked<[Int32: Connection]>([:])
    let limit: Int

    /// At most `limit`, and fewer where the process may not open so many descriptors.
    init(limit: Int) {
        var files = rlimit()
        let isKnown = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0
        let room = isKnown ? Int(clamping: files.rlim_cur) - 128 : limit
        self.limit = max(min(limit, room), 8)
    }

    var count: Int { connections.withLock { $0.count } }

    var hasRoom: Bool { count < limit }

    func insert(_ connection: Connection) {
        connections.withLock { $0[connection.descriptor] = connection }
    }

    func close(_ connection: Connection) {
        connections.withLock { connections in
            connections[connection.descriptor] = nil
            Glibc.close(connection.descriptor)
        }
    }

    /// Ends what has passed its deadline, and what is in one of these phases.
    func sweep(now: Int, ending phases: [Connection.Phase] = []) {
        connections.withLock { connections in
            for connection in connections.values {
                let deadline = connection.deadline.load(ordering: .sequentiallyConsistent)
                let phase = connection.phase.load(ordering: .sequentiallyConsistent)
                let isOver = deadline != 0 && deadline <= now
                guard isOver || phases.contains(phase) else { continue }
                let (exchanged, _) = connection.deadline.compareExchange(
                    expected: deadline, desired: 0, ordering: .sequentiallyConsistent
                )
                if exchanged { connection.expire() }
            }
        }
    }

    /// Ends the connection that has been idle longest, to make room.
    func evict() {
        connections.withLock { connections in
            var oldest: Connection?
            var earliest = Int.max
            for connection in connections.values
            where [.idle, .fresh].contains(connection.phase.load(ordering: .sequentiallyConsistent)) {
                let deadline = connection.deadline.load(ordering: .sequentiallyConsistent)
                guard deadline != 0, deadline < earliest else { continue }
                earliest = deadline
                oldest = connection
            }
            oldest?.expire()
        }
    }

    /// Cuts everything off; the end of a drain's grace.
    func abandon() {
        connections.withLock { connections in
            for connection in connections.values {
                shutdown(connection.descriptor, Int32(SHUT_RDWR))
            }
        }
    }
}
