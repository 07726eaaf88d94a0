import CFastCGI
import Glibc

/// The signals that end or reload the program, waited for in one place.
///
/// SIGUSR1 is how Apache's mod_fcgid and libfcgi itself ask for a graceful end. <https://man7.org/linux/man-pages/man2/signalfd.2.html>
struct Signals: ~Copyable, Sendable {
    enum Word { case stop, reload }

    private let signals: Int32
    private let bell: Int32

    init() throws(ListenerError) {
        var set = Self.set
        signals = unsafe signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard signals >= 0, bell >= 0 else { throw .system("signalfd", errno) }
    }

    deinit {
        close(signals)
        close(bell)
    }

    /// For the calling thread, and those it starts from here on; a broken pipe is an error of the write, not a signal.
    static func block() {
        var set = Self.set
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        _ = signal(SIGPIPE, SIG_IGN)
    }

    private static var set: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in [SIGTERM, SIGINT, SIGUSR1, SIGHUP] { unsafe sigaddset(&set, signal) }
        return set
    }

    func stop() { _ = eventfd_write(bell, 1) }

    /// nil where the time was over first.
    func wait(milliseconds: Int) -> Word? {
        var ready = [
            pollfd(fd: signals, events: Int16(POLLIN), revents: 0), pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
        ]
        guard unsafe poll(&ready, 2, Int32(clamping: milliseconds)) > 0 else { return nil }
        var count: eventfd_t = 0
        if ready[1].revents != 0, unsafe eventfd_read(bell, &count) == 0 { return .stop }
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard unsafe read(signals, &info, size) == size else { return nil }
        return Int32(bitPattern: info.ssi_signo) == SIGHUP ? .reload : .stop
    }
}
