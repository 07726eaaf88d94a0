import CFastCGI
import Glibc

/// Where workers rest for whom there is nothing to do: each tick of its timer wakes one of them.
///
/// <https://man7.org/linux/man-pages/man2/timerfd_create.2.html>
struct Bench: ~Copyable, Sendable {
    private let epoll: Int32
    private let timer: Int32
    private let bell: Int32

    init() throws(ListenerError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        timer = countersign_timer()
        bell = eventfd(0, Int32(EFD_CLOEXEC))
        // Edge-triggered: a tick is told to one, and need not be read.
        guard epoll >= 0, timer >= 0, bell >= 0, add(timer, EPOLLIN.rawValue | EPOLLET.rawValue) else {
            throw .system("timerfd", errno)
        }
    }

    deinit {
        close(epoll)
        close(timer)
        close(bell)
    }

    /// Rests until it is this thread's turn to look around; false when it is time to stop.
    func rest() -> Bool {
        var event = unsafe epoll_event()
        while true {
            let count = unsafe epoll_wait(epoll, &event, 1, -1)
            if count == 0 || (count < 0 && errno == EINTR) { continue }
            return unsafe count == 1 && event.data.fd != bell
        }
    }

    /// One tick, in so many nanoseconds, in place of any that is awaited.
    func tick(in nanoseconds: Int) { countersign_tick(timer, nanoseconds) }

    /// Ends every rest, now and from now on.
    func stop() {
        _ = add(bell, EPOLLIN.rawValue)
        _ = eventfd_write(bell, 1)
    }

    private func add(_ descriptor: Int32, _ events: UInt32) -> Bool {
        var event = unsafe epoll_event(events: events, data: epoll_data_t(fd: descriptor))
        return unsafe epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0
    }
}
