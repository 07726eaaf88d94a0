import CFastCGI
import Glibc

/// epoll over the listening sockets and all connections, shared by the workers.
///
/// A connection is armed for one event at a time, so that one worker has it; listeners are edge-triggered.
/// <https://man7.org/linux/man-pages/man7/epoll.7.html>
struct Poller: ~Copyable, Sendable {
    enum Readiness {
        case listener(Int32)
        case connection(Connection)
        case nothing
    }

    private let epoll: Int32
    private let bell: Int32

    /// Data words below this are listeners' descriptors; above it are addresses.
    private static let addresses: UInt64 = 1 << 16
    private static let quit = addresses - 1

    init() throws(ListenerError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        bell = eventfd(0, Int32(EFD_CLOEXEC))
        guard epoll >= 0, bell >= 0 else { throw .system("epoll", errno) }
    }

    deinit {
        close(epoll)
        close(bell)
    }

    /// Waits so long, without an end where it is negative; nil when it is time to stop.
    func wait(milliseconds: Int32) -> Readiness? {
        var event = unsafe epoll_event()
        while true {
            let count = unsafe epoll_wait(epoll, &event, 1, milliseconds)
            if count == 0 { return .nothing }
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return nil }
            let word = unsafe event.data.u64
            if word == Self.quit { return nil }
            if word < Self.addresses { return .listener(Int32(word)) }
            guard let address = unsafe UnsafeRawPointer(bitPattern: UInt(word)) else { return nil }
            return .connection(unsafe Unmanaged<Connection>.fromOpaque(address).takeUnretainedValue())
        }
    }

    func listen(_ listener: Int32) -> Bool {
        control(EPOLL_CTL_ADD, listener, EPOLLIN.rawValue | EPOLLET.rawValue, UInt64(listener))
    }

    /// Tells of a listener again, if something waits on it.
    func relisten(_ listener: Int32) {
        _ = control(EPOLL_CTL_MOD, listener, EPOLLIN.rawValue | EPOLLET.rawValue, UInt64(listener))
    }

    func ignore(_ listener: Int32) {
        _ = control(EPOLL_CTL_DEL, listener, 0, 0)
    }

    /// The table keeps the connection alive, until it is closed.
    func arm(_ connection: Connection, again: Bool) -> Bool {
        let address = unsafe UInt64(UInt(bitPattern: Unmanaged.passUnretained(connection).toOpaque()))
        return control(
            again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, connection.descriptor,
            EPOLLIN.rawValue | EPOLLONESHOT.rawValue, address
        )
    }

    /// Ends every `wait`, now and from now on.
    func stop() {
        _ = control(EPOLL_CTL_ADD, bell, EPOLLIN.rawValue, Self.quit)
        _ = eventfd_write(bell, 1)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, _ word: UInt64) -> Bool {
        var event = unsafe epoll_event(events: events, data: epoll_data_t(u64: word))
        return unsafe epoll_ctl(epoll, operation, descriptor, &event) == 0
    }
}
