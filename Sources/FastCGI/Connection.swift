import Glibc
import Synchronization

/// One accepted connection, owned by one worker at a time: by whom epoll gave it to, until that parks it again.
///
/// Only `phase`, `deadline` and `expired` are looked at by others.
final class Connection: @unchecked Sendable {
    enum Phase: Int, AtomicRepresentable {
        /// Accepted, and nothing has come yet.
        case fresh
        /// Between two requests.
        case idle
        /// Some of a request has come.
        case receiving
        case answering
    }

    let descriptor: Int32
    let phase = Atomic<Phase>(.receiving)
    /// When the watchdog ends it; 0 is never.
    let deadline = Atomic<Int>(0)
    let expired = Atomic<Bool>(false)
    var request: IncomingRequest
    var isWatched = false
    /// epoll orders what two owners do, but not in the language's eyes; this does.
    private let handover = Atomic<Bool>(false)

    init(_ descriptor: Int32, limits: Limits) {
        self.descriptor = descriptor
        request = IncomingRequest(limits: limits)
    }

    /// Nothing may be touched behind this: the next event has another owner.
    func handOver() { handover.store(true, ordering: .releasing) }

    func takeOver() { _ = handover.load(ordering: .acquiring) }

    /// Ends the connection from outside: what has come can still be read, and a begun request still be answered; a peer
    /// that does not read its answer loses it.
    func expire() {
        expired.store(true, ordering: .sequentiallyConsistent)
        let how = phase.load(ordering: .sequentiallyConsistent) == .answering ? SHUT_RDWR : SHUT_RD
        shutdown(descriptor, Int32(how))
    }

    /// Sends a small record of our own; false where the peer does not take it at once.
    func send(_ bytes: [UInt8]) -> Bool {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags) == bytes.count
        }
    }

    /// Lets the peer read an early answer: stops sending, and throws away what still comes, for a second at most.
    func linger() {
        shutdown(descriptor, Int32(SHUT_WR))
        var scrap = [UInt8](repeating: 0, count: 16 * 1024)
        let end = Clock.now() + 1000
        while true {
            let count = unsafe scrap.withUnsafeMutableBytes { bytes in
                unsafe recv(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT))
            }
            let left = end - Clock.now()
            guard count != 0, left > 0 else { return }
            if count > 0 { continue }
            guard errno == EAGAIN || errno == EINTR else { return }
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            unsafe Glibc.poll(&poll, 1, Int32(clamping: left))
        }
    }
}
