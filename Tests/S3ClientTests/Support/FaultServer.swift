import Glibc
import Synchronization

/// A listener on loopback that reads each request and then does what the script says, right or wrong.
final class FaultServer: Sendable {
    enum Step: Sendable {
        case send([UInt8])
        /// The same bytes so many times, or until the other side has gone.
        case flood([UInt8], Int)
        /// One byte, then so many milliseconds of nothing, and on until the bytes or the other side are gone.
        case drip([UInt8], Int32)
        /// So many milliseconds, or until the other side has gone.
        case wait(Int32)
        /// Closes with RST, which throws away what was not read.
        case reset
        /// Serves the next request of this connection.
        case keep
    }

    let port: UInt16
    private let listener: Int32
    /// What each request gets, by number; the last is for all later ones.
    private let script: [[Step]]
    private let seen = Mutex<[String]>([])
    private let accepted = Atomic(0)

    init(_ script: [[Step]]) throws {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, length) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        guard isBound else { throw FaultServerError() }
        port = UInt16(bigEndian: address.sin_port)
        _ = TestThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { break }
                accepted.add(1, ordering: .relaxed)
                _ = TestThread { [self] in serve(connection) }
            }
            close(listener)
        }
    }

    /// The requests so far, whole.
    var requests: [String] { seen.withLock { $0 } }

    var connections: Int { accepted.load(ordering: .relaxed) }

    var url: String { "http://127.0.0.1:\(port)" }

    /// The thread that accepts closes the descriptor: closed here, its number could be another test's by then.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func serve(_ connection: Int32) {
        defer { close(connection) }
        while let request = read(connection) {
            let number = seen.withLock { seen in
                seen.append(request)
                return seen.count - 1
            }
            var isKept = false
            for step in script[min(number, script.count - 1)] {
                if case .keep = step { isKept = true }
                guard play(step, connection) else { return }
            }
            guard isKept else { return }
        }
    }

    private func play(_ step: Step, _ connection: Int32) -> Bool {
        switch step {
        case .send(let bytes): return write(bytes, connection)
        case .flood(let bytes, let count): return (0..<count).allSatisfy { _ in write(bytes, connection) }
        case .drip(let bytes, let pause):
            return bytes.allSatisfy { write([$0], connection) && isOpen(connection, milliseconds: pause) }
        case .wait(let length): return isOpen(connection, milliseconds: length)
        case .reset:
            var linger = linger(l_onoff: 1, l_linger: 0)
            unsafe setsockopt(
                connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
            return false
        case .keep: return true
        }
    }

    private func write(_ bytes: [UInt8], _ connection: Int32) -> Bool {
        unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    private func isOpen(_ connection: Int32, milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) == 0
    }

    /// A request with its body, or nil where the connection ends first.
    private func read(_ connection: Int32) -> String? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count < 1 << 20 {
            let count = unsafe recv(connection, &piece, piece.count, 0)
            guard count > 0 else { return nil }
            bytes.append(contentsOf: piece.prefix(count))
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.utf8.firstRange(of: "\r\n\r\n".utf8)?.upperBound else { continue }
            let line = text.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            let length = line.flatMap { Int($0.dropFirst(15).filter(\.isNumber)) } ?? 0
            if text.utf8[end...].count >= length { return text }
        }
        return nil
    }
}

struct FaultServerError: Error {}

extension FaultServer.Step {
    static func send(_ text: String) -> FaultServer.Step { .send(Array(text.utf8)) }
}
