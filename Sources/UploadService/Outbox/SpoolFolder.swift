internal import Glibc

/// A folder like a Maildir: what stands in `new` and `dead` stands there whole and survives a loss of power.
///
/// A file's time of change says when it is due. Whoever works on one holds a lock on it, that ends with the process.
/// <https://cr.yp.to/proto/maildir.html>
package struct SpoolFolder: Sendable {
    package enum Box: String, Sendable, CaseIterable { case tmp, new, dead }

    /// Bytes of a file at most.
    static let limit = 1 << 20

    package let path: String
    /// An errno for a step that is to fail; for tests.
    var fault: @Sendable (SpoolStep) -> Int32 = { _ in 0 }

    package init(_ path: String) {
        self.path = path
    }

    /// Makes what is missing, for nobody else to read.
    package func prepare() throws(SpoolError) {
        for folder in [path] + Box.allCases.map({ "\(path)/\($0.rawValue)" }) {
            guard unsafe mkdir(folder, 0o700) != 0, errno != EEXIST else { continue }
            throw SpoolError(step: "make the folder", path: folder, code: errno)
        }
    }

    /// Why nothing could be written now; nil where something could, as far as can be seen.
    func obstacle() -> SpoolError? {
        let code = access(box: .tmp) ?? access(box: .new)
        return code.map { SpoolError(step: "write", path: path, code: $0) }
    }

    /// Whether others than we may look into it.
    package var isOpenToOthers: Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & 0o077 != 0
    }

    /// Writes a file whole, then gives it its name and its time: it is there, now and after a loss of power, or not at
    /// all. One of the same name is replaced. `due` is in milliseconds since 1970.
    func write(_ bytes: [UInt8], as name: String, into box: Box, due: Int64, mark: String) throws(SpoolError) {
        let temporary = place("\(name).\(getpid()).\(mark)", .tmp)
        do throws(SpoolError) {
            try create(temporary, bytes, due)
            let target = place(name, box)
            try step(.rename, "rename", target) { unsafe rename(temporary, target) }
            try flush(box)
        } catch {
            _ = unsafe unlink(temporary)
            throw error
        }
    }

    private func create(_ path: String, _ bytes: [UInt8], _ due: Int64) throws(SpoolError) {
        var descriptor: Int32 = -1
        try step(.create, "create", path) {
            descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            return descriptor
        }
        defer { close(descriptor) }
        try giveToOwner(descriptor, path)
        var rest = bytes[...]
        while !rest.isEmpty {
            var count = 0
            try step(.write, "write", path) {
                count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
                return count > 0 ? 0 : -1
            }
            rest = rest.dropFirst(count)
        }
        try step(.write, "set the time of", path) { Self.setTime(descriptor, due) }
        try step(.flush, "flush", path) { fsync(descriptor) }
    }

    /// What root writes by hand, the service must be able to read.
    private func giveToOwner(_ descriptor: Int32, _ file: String) throws(SpoolError) {
        var folder = stat()
        guard geteuid() == 0, unsafe stat("\(path)/tmp", &folder) == 0, folder.st_uid != 0 else { return }
        try step(.create, "give away", file) { fchown(descriptor, folder.st_uid, folder.st_gid) }
    }

    /// Makes names in a box last, those that others gave too.
    func flush(_ box: Box) throws(SpoolError) {
        let folder = "\(path)/\(box.rawValue)"
        let descriptor = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SpoolError(step: "open", path: folder, code: errno) }
        defer { close(descriptor) }
        try step(.flushFolder, "flush", folder) { fsync(descriptor) }
    }

    /// The names in a box that are records', in no order.
    package func names(in box: Box) throws(SpoolError) -> [String] { try entries(of: box).filter(Self.isName) }

    private func entries(of box: Box) throws(SpoolError) -> [String] {
        let folder = "\(path)/\(box.rawValue)"
        guard let stream = unsafe opendir(folder) else {
            if errno == ENOENT { return [] }
            throw SpoolError(step: "read", path: folder, code: errno)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name.utf8.first != UInt8(ascii: ".") { names.append(name) }
        }
        guard errno == 0 else { throw SpoolError(step: "read", path: folder, code: errno) }
        return names
    }

    /// No separator, no dot at the start: no name leads out of its box.
    package static func isName(_ name: String) -> Bool { Checks.isToken(name, and: "_-", 1...128) }

    func contains(_ name: String, in box: Box) -> Bool {
        unsafe Glibc.access(place(name, box), F_OK) == 0
    }

    /// Milliseconds since 1970; nil where there is no such file.
    func due(_ name: String, in box: Box) -> Int64? {
        var status = stat()
        guard unsafe lstat(place(name, box), &status) == 0 else { return nil }
        return status.milliseconds
    }

    /// A file for nobody but the caller until they let go of it; nil where it is gone or somebody else's.
    func take(_ name: String, in box: Box) throws(SpoolError) -> SpoolFile? {
        guard let file = try file(name, box), file.lock(), file.isInPlace else { return nil }
        return consume file
    }

    /// The file's bytes, whoever works on it; nil where it is gone.
    func read(_ name: String, in box: Box) throws(SpoolError) -> [UInt8]? {
        guard let file = try file(name, box) else { return nil }
        return try file.bytes()
    }

    private func file(_ name: String, _ box: Box) throws(SpoolError) -> SpoolFile? {
        let path = place(name, box)
        let descriptor = unsafe open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw SpoolError(step: "open", path: path, code: errno)
        }
        return SpoolFile(descriptor: descriptor, path: path)
    }

    /// That it is gone already is as good.
    func remove(_ name: String, from box: Box) throws(SpoolError) {
        let path = place(name, box)
        guard unsafe unlink(path) != 0, errno != ENOENT else { return }
        throw SpoolError(step: "remove", path: path, code: errno)
    }

    /// Removes what writers that were killed left in `tmp` more than so many milliseconds before `now`.
    func clearTemporary(olderThan age: Int64, at now: Int64) {
        for name in (try? entries(of: .tmp)) ?? [] {
            guard let time = due(name, in: .tmp), time < now - age else { continue }
            _ = unsafe unlink(place(name, .tmp))
        }
    }

    private func place(_ name: String, _ box: Box) -> String { "\(path)/\(box.rawValue)/\(name)" }

    private func access(box: Box) -> Int32? {
        unsafe Glibc.access("\(path)/\(box.rawValue)", W_OK | X_OK) == 0 ? nil : errno
    }

    /// One system call that answers less than 0 for a failure.
    private func step(
        _ step: SpoolStep, _ name: StaticString, _ path: String, _ call: () -> Int32
    ) throws(SpoolError) {
        let code = fault(step)
        guard code == 0 else { throw SpoolError(step: name, path: path, code: code) }
        while call() < 0 {
            guard errno == EINTR else { throw SpoolError(step: name, path: path, code: errno) }
        }
    }

    static func setTime(_ descriptor: Int32, _ milliseconds: Int64) -> Int32 {
        let time = timespec(tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        let times = [time, time]
        return unsafe futimens(descriptor, times)
    }
}
