internal import Glibc

/// A file of the spool that somebody holds; letting go of it unlocks it.
struct SpoolFile: ~Copyable {
    let descriptor: Int32
    let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// False where another process, or another thread, has it. <https://man7.org/linux/man-pages/man2/flock.2.html>
    func lock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// Whether the path still names this file: between open and lock it may have been delivered or replaced.
    var isInPlace: Bool {
        var ours = stat()
        var named = stat()
        guard unsafe fstat(descriptor, &ours) == 0, unsafe lstat(path, &named) == 0 else { return false }
        return ours.st_ino == named.st_ino && ours.st_dev == named.st_dev
    }

    /// Milliseconds since 1970, when it is due.
    var due: Int64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return 0 }
        return status.milliseconds
    }

    func bytes() throws(SpoolError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= SpoolFolder.limit {
            let count = unsafe read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SpoolError(step: "read", path: path, code: errno) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: piece.prefix(count))
        }
        throw SpoolError(step: "read", path: path, code: EFBIG)
    }

    /// Puts off when it is due, which takes no room on a full disk.
    func putOff(until milliseconds: Int64) throws(SpoolError) {
        guard SpoolFolder.setTime(descriptor, milliseconds) != 0 else { return }
        throw SpoolError(step: "set the time of", path: path, code: errno)
    }
}

extension stat {
    /// When the file was changed, in milliseconds since 1970.
    var milliseconds: Int64 { Int64(st_mtim.tv_sec) * 1000 + Int64(st_mtim.tv_nsec) / 1_000_000 }
}
