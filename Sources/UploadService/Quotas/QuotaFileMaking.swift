internal import Glibc
internal import S3Authorization
internal import Synchronization

extension QuotaFile {
    /// Tells the files apart that threads of this process make at the same time.
    private static let serial = Atomic<Int>(0)

    /// Makes a file beside `path`, whole and with all its room on the disk, and only then gives it that name.
    ///
    /// Where there is one by now, that one stays, unless it is to be replaced.
    static func make(
        _ path: String, _ header: Header, mark: [UInt8], isReplacing: Bool
    ) throws(QuotaError) {
        let number = serial.add(1, ordering: .relaxed).newValue
        let temporary = "\(path).\(getpid()).\(number).\(Hexadecimal.encode(mark))"
        let descriptor = unsafe Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw QuotaError(step: "create", path: path, reason: .system(errno)) }
        defer {
            close(descriptor)
            _ = unsafe unlink(temporary)
        }
        try giveToOwner(descriptor, of: path)
        // What is not on the disk now could be refused later, in the middle of a request.
        let code = posix_fallocate(descriptor, 0, header.byteCount)
        guard code == 0 else { throw QuotaError(step: "make room for", path: path, reason: .system(code)) }
        let bytes = header.encoded
        guard unsafe bytes.withUnsafeBytes({ unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }) == bytes.count
        else { throw QuotaError(step: "write", path: path, reason: .system(errno)) }
        if isReplacing {
            guard unsafe rename(temporary, path) == 0 else {
                throw QuotaError(step: "replace", path: path, reason: .system(errno))
            }
        } else if unsafe link(temporary, path) != 0, errno != EEXIST {
            throw QuotaError(step: "create", path: path, reason: .system(errno))
        }
    }

    /// What root makes, the service must be able to use: the folder is the service's.
    private static func giveToOwner(_ descriptor: Int32, of path: String) throws(QuotaError) {
        var folder = stat()
        guard geteuid() == 0, unsafe stat(QuotaLedger.folder(of: path), &folder) == 0, folder.st_uid != 0 else {
            return
        }
        guard fchown(descriptor, folder.st_uid, folder.st_gid) == 0 else {
            throw QuotaError(step: "give away", path: path, reason: .system(errno))
        }
    }
}
