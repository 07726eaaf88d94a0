import CFastCGI
import Glibc

/// A UNIX domain socket of our own, that the web server's group may connect to.
///
/// <https://man7.org/linux/man-pages/man7/unix.7.html>
enum UnixSocket {
    /// The name of a socket in the file system, and which file it was when we made it.
    struct Path: Sendable {
        let path: String
        let device: dev_t
        let inode: ino_t

        func unlink() {
            var status = stat()
            guard unsafe lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode else { return }
            _ = unsafe Glibc.unlink(path)
        }
    }

    /// Nobody can connect before `listen`, and by then the mode is right.
    static func listen(_ path: String) throws(ListenerError) -> (descriptor: Int32, path: Path) {
        let address = try sockaddr_un(path: path)
        // Of two processes that start at once, each sees what the other has done.
        let lock = unsafe open(directory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw .system("open \(directory(of: path))", errno) }
        defer { close(lock) }
        _ = flock(lock, LOCK_EX)
        try removeStale(path, address)

        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", errno) }
        var status = stat()
        guard fchmod(descriptor, 0o600) == 0, address.bind(descriptor), unsafe chmod(path, 0o660) == 0,
            unsafe lstat(path, &status) == 0, Glibc.listen(descriptor, SOMAXCONN) == 0
        else {
            let code = errno
            close(descriptor)
            throw .system("listening on \(path)", code)
        }
        return (descriptor, Path(path: path, device: status.st_dev, inode: status.st_ino))
    }

    /// Removes a socket that we left behind; nothing else, and none that somebody answers on.
    private static func removeStale(_ path: String, _ address: sockaddr_un) throws(ListenerError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .system(path, errno) }
            return
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        guard status.st_uid == geteuid() else { throw .notOurs(path) }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw .system("socket", errno) }
        defer { close(probe) }
        guard !address.connect(probe), errno == ECONNREFUSED else { throw .inUse(path) }
        guard unsafe unlink(path) == 0 else { throw .system("removing \(path)", errno) }
    }

    private static func directory(of path: String) -> String {
        let bytes = Array(path.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    }
}

extension sockaddr_un {
    init(path: String) throws(ListenerError) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let room = MemoryLayout.size(ofValue: sun_path)
        guard bytes.count < room, !bytes.contains(0) else { throw .pathTooLong(path) }
        unsafe withUnsafeMutableBytes(of: &sun_path) { field in unsafe field.copyBytes(from: bytes) }
    }

    func bind(_ descriptor: Int32) -> Bool {
        unsafe withGeneric { address, length in unsafe Glibc.bind(descriptor, address, length) == 0 }
    }

    func connect(_ descriptor: Int32) -> Bool {
        unsafe withGeneric { address, length in unsafe Glibc.connect(descriptor, address, length) == 0 }
    }

    private func withGeneric(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Bool) -> Bool {
        unsafe withUnsafePointer(to: self) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe body(address, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}
