import Glibc
import Synchronization
import Testing

@testable import FastCGI

/// A service manager's end of NOTIFY_SOCKET.
final class NotifySocket: Sendable {
    let name: String
    private let descriptor: Int32

    /// `@name` is abstract.
    init(_ name: String) {
        self.name = name
        let isAbstract = name.utf8.first == UInt8(ascii: "@")
        let path = isAbstract ? [0] + Array(name.utf8.dropFirst()) : Array(name.utf8) + [0]
        let address = [UInt8(AF_UNIX), 0] + path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        _ = unsafe address.withUnsafeBytes { bytes in
            unsafe bind(
                descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(address.count))
        }
    }

    deinit { close(descriptor) }

    /// The next datagram; empty where none comes in time.
    func next(milliseconds: Int32 = 30_000) -> String {
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&ready, 1, milliseconds) > 0 else { return "" }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// Waits for a datagram with a line that begins so.
    func waits(for line: String, milliseconds: Int = 30_000) -> Bool {
        let end = Clock.now() + milliseconds
        while Clock.now() < end {
            if next(milliseconds: 200).split(separator: "\n").contains(where: { $0.hasPrefix(line) }) { return true }
        }
        return false
    }
}

@Suite(.timeLimit(.minutes(5))) struct ServiceManagerTests {
    private func manager(_ socket: String, _ more: [(String, String)] = []) -> ServiceManager {
        ServiceManager(environment: Parameters([("NOTIFY_SOCKET", socket)] + more), process: 7)
    }

    @Test(arguments: [temporaryDirectory() + "/notify", "@countersign-test-\(getpid())"])
    func words(name: String) {
        let socket = NotifySocket(name)
        let manager = manager(name)
        manager.ready("Serving")
        #expect(socket.next() == "READY=1\nSTATUS=Serving")
        manager.reloading()
        let words = socket.next().split(separator: "\n")
        #expect(words.first == "RELOADING=1")
        #expect(words.contains { $0.hasPrefix("MONOTONIC_USEC=") && Int($0.dropFirst(15)) ?? 0 > 0 })
        manager.stopping("Bye")
        #expect(socket.next() == "STOPPING=1\nSTATUS=Bye")
        manager.alive()
        #expect(socket.next() == "WATCHDOG=1")
    }

    @Test(arguments: ["", "relative", "@", "/" + String(repeating: "x", count: 107), "/nobody/listens/here"])
    func nobodyListens(name: String) {
        manager(name).ready("Serving")
    }

    @Test(arguments: [
        ([("WATCHDOG_USEC", "30000000")], 30000), ([("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "7")], 30000),
        ([("WATCHDOG_USEC", "30000000"), ("WATCHDOG_PID", "8")], nil), ([("WATCHDOG_USEC", "x")], nil),
        ([("WATCHDOG_USEC", "0")], nil), ([], nil),
    ])
    func patience(environment: [(String, String)], milliseconds: Int?) {
        #expect(manager("@x", environment).patience == milliseconds)
        #expect(ServiceManager(environment: Parameters(environment), process: 7).patience == nil)
    }

    /// READY, signs of life, none while a worker hangs, and STOPPING.
    @Test func aWorkerThatHangsIsSeen() throws {
        let socket = NotifySocket("@countersign-hang-\(getpid())")
        var limits = Limits()
        limits.hang = .milliseconds(150)
        let gate = Atomic<Bool>(false)
        let environment = [("NOTIFY_SOCKET", socket.name), ("WATCHDOG_USEC", "60000")]
        let desk = try Desk(
            workers: 2, limits: limits, manager: ServiceManager(environment: Parameters(environment)),
            handler: { _ in
                while !gate.load(ordering: .acquiring) { usleep(1000) }
                return Response(status: 200)
            })
        #expect(socket.waits(for: "READY=1"))
        #expect(socket.waits(for: "WATCHDOG=1"))
        let peer = try desk.peer()
        peer.send(request())
        #expect(socket.waits(for: "STATUS=A request hangs"))
        #expect(desk.responder.hungWorkers == 1 && desk.responder.busyWorkers == 1)
        while !socket.next(milliseconds: 1).isEmpty {}
        #expect(!socket.waits(for: "WATCHDOG=1", milliseconds: 300))
        gate.store(true, ordering: .releasing)
        #expect(peer.text().contains("200"))
        #expect(socket.waits(for: "WATCHDOG=1"))
        #expect(desk.responder.hungWorkers == 0)
        let hung = desk.events.withLock { $0.filter { if case .workerHung = $0 { true } else { false } } }
        #expect(hung.count == 1)
        #expect(desk.stop() == .complete)
        #expect(socket.waits(for: "STOPPING=1"))
    }
}
