internal import Glibc
internal import Synchronization

/// A small file that is read again when it has changed, by its inode, size and time of change.
///
/// While it cannot be read or understood, as in the middle of being rewritten, the last good reading stands in `value`.
final class WatchedFile<Value: Sendable>: Sendable {
    private struct Stamp: Equatable {
        let device: UInt
        let inode: UInt
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    private struct Reading: Sendable {
        let stamp: Stamp
        let value: Value
    }

    static var maximumSize: Int { 65_536 }

    let path: String
    private let parse: @Sendable ([UInt8]) throws(CredentialsError) -> Value
    private let reading = Mutex<Reading?>(nil)

    init(path: String, parse: @escaping @Sendable ([UInt8]) throws(CredentialsError) -> Value) {
        self.path = path
        self.parse = parse
    }

    func value() throws(CredentialsError) -> Value {
        do throws(CredentialsError) {
            return try current()
        } catch {
            if let last = reading.withLock({ $0 }) { return last.value }
            throw error
        }
    }

    /// What stands in the file now, good or bad.
    func current() throws(CredentialsError) -> Value {
        if let last = reading.withLock({ $0 }), try stamp() == last.stamp { return last.value }
        let (bytes, stamp) = try read()
        let value = try parse(bytes)
        reading.withLock { $0 = Reading(stamp: stamp, value: value) }
        return value
    }

    private func stamp() throws(CredentialsError) -> Stamp {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw failure() }
        return Self.stamp(status)
    }

    private func read() throws(CredentialsError) -> ([UInt8], Stamp) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure() }
        guard status.st_size <= Self.maximumSize else { throw .unreadable(path: path, "it is too large") }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= Self.maximumSize {
            let count = unsafe Glibc.read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure() }
            if count == 0 { return (bytes, Self.stamp(status)) }
            bytes.append(contentsOf: piece.prefix(count))
        }
        throw .unreadable(path: path, "it is too large")
    }

    private func failure() -> CredentialsError {
        let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? "unknown"
        return .unreadable(path: path, reason)
    }

    private static func stamp(_ status: stat) -> Stamp {
        Stamp(
            device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }
}
