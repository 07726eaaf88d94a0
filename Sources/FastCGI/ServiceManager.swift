import Glibc

/// Whoever started us and wants to hear how we are, as systemd does: one datagram a word, without its library.
///
/// <https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html>
package struct ServiceManager: Sendable {
    /// Milliseconds within which it wants a sign of life; nil where it wants none.
    package let patience: Int?
    /// A `sockaddr_un`, no longer than its name; empty where nobody listens.
    private let address: [UInt8]

    /// Nobody listens.
    package init() {
        patience = nil
        address = []
    }

    /// The socket that NOTIFY_SOCKET names, a path or `@` and an abstract name.
    ///
    /// - Parameter process: whom WATCHDOG_PID must name, if it is there
    package init(environment: Parameters, process: Int32 = getpid()) {
        address = Self.address(environment["NOTIFY_SOCKET"] ?? [])
        guard !address.isEmpty, case .bytes(let microseconds) = ContentLength(environment["WATCHDOG_USEC"]),
            microseconds > 0, [.missing, .bytes(Int(process))].contains(ContentLength(environment["WATCHDOG_PID"]))
        else {
            patience = nil
            return
        }
        patience = max(1, microseconds / 1000)
    }

    /// We serve; after a start and after a reload.
    func ready(_ status: String) { tell("READY=1\nSTATUS=\(status)") }

    func reloading() {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        tell("RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1000)\nSTATUS=Reloading")
    }

    func stopping(_ status: String) { tell("STOPPING=1\nSTATUS=\(status)") }

    func alive() { tell("WATCHDOG=1") }

    func status(_ status: String) { tell("STATUS=\(status)") }

    /// Nobody waits for an answer: what cannot be told at once is not told.
    private func tell(_ text: String) {
        guard !address.isEmpty else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        unsafe address.withUnsafeBytes { address in
            guard let start = address.baseAddress else { return }
            _ = unsafe sendto(
                descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT),
                start.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
        }
    }

    /// The length says where an abstract name ends; a path ends with its zero byte.
    private static func address(_ name: ArraySlice<UInt8>) -> [UInt8] {
        let isAbstract = name.first == UInt8(ascii: "@")
        guard isAbstract || name.first == UInt8(ascii: "/"), (2...107).contains(name.count) else { return [] }
        let family = unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) }
        return family + (isAbstract ? [0] + name.dropFirst() : name + [0])
    }
}
