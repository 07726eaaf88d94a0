internal import Glibc
internal import S3Authorization

/// The ledger's file, open, and nobody else's until this is let go of; a process that dies lets go of it too.
///
/// It is read and written by calls, not mapped: whoever cuts it short makes an error of the next call, and no signal.
/// <https://man7.org/linux/man-pages/man2/flock.2.html>
struct QuotaFile: ~Copyable {
    static let headerByteCount = 64
    static let entryCounts = 64...1_048_576
    private static let magic = Array("cs-quota".utf8)
    private static let version: UInt32 = 1
    private static let saltByteCount = 32

    let path: String
    private let descriptor: Int32

    /// Waits for who has it; nil where there is no such file.
    static func open(_ path: String) throws(QuotaError) -> QuotaFile? {
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw QuotaError(step: "open", path: path, reason: .system(errno))
        }
        let file = QuotaFile(path: path, descriptor: descriptor)
        try file.lock()
        return file
    }

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Tries for two seconds: who holds it needs microseconds, unless it was stopped.
    private func lock() throws(QuotaError) {
        var pause: Int = 20
        var waited = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw QuotaError(step: "lock", path: path, reason: .system(errno))
            }
            guard waited < 2_000_000 else { throw QuotaError(step: "lock", path: path, reason: .held) }
            var time = timespec(tv_sec: 0, tv_nsec: pause * 1000)
            _ = unsafe nanosleep(&time, nil)
            waited += pause
            pause = min(2 * pause, 1000)
        }
    }

    /// What the header says, where this is a ledger from its first byte to its last; nil where it is anything else.
    ///
    /// Throws where it is not ours to replace.
    func header() throws(QuotaError) -> Header? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw QuotaError(step: "look at", path: path, reason: .system(errno))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw QuotaError(step: "use", path: path, reason: .notPlain) }
        // Root, who may sign for a user from a shell, counts in the service's file.
        guard status.st_uid == geteuid() || geteuid() == 0 else {
            throw QuotaError(step: "use", path: path, reason: .foreign)
        }
        guard status.st_mode & 0o022 == 0, status.st_size >= Self.headerByteCount else { return nil }
        let bytes = try read(at: 0, count: Self.headerByteCount)
        guard let header = Header(bytes), header.byteCount == status.st_size else { return nil }
        return header
    }

    /// Whether the path still names this file.
    var isInPlace: Bool {
        var ours = stat()
        return unsafe fstat(descriptor, &ours) == 0 && ours.st_nlink > 0
    }

    func bucket(_ index: Int) throws(QuotaError) -> QuotaBucket {
        QuotaBucket(try read(at: Self.offset(index), count: QuotaBucket.byteCount))
    }

    func write(_ entry: QuotaEntry, at place: Int, of bucket: Int) throws(QuotaError) {
        let bytes = entry.encoded
        let offset = Self.offset(bucket) + place * QuotaEntry.byteCount
        let count = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, offset) }
        guard count == bytes.count else {
            throw QuotaError(step: "write", path: path, reason: count < 0 ? .system(errno) : .tooShort)
        }
    }

    private static func offset(_ bucket: Int) -> Int { headerByteCount + bucket * QuotaBucket.byteCount }

    private func read(at offset: Int, count: Int) throws(QuotaError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, offset) }
        guard read == count else {
            throw QuotaError(step: "read", path: path, reason: read < 0 ? .system(errno) : .tooShort)
        }
        return bytes
    }
}

extension QuotaFile {
    /// The first 64 bytes: what it is, how many entries follow, and the secret that places users among them.
    struct Header: Equatable {
        let entryCount: Int
        private let salt: [UInt8]

        init(entryCount: Int, salt: [UInt8]) {
            self.entryCount = entryCount
            self.salt = salt
        }

        init?(_ bytes: [UInt8]) {
            func word(_ start: Int) -> UInt32 {
                bytes[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }
            }
            guard bytes.count == headerByteCount, Array(bytes[..<8]) == magic, word(8) == version,
                let count = Int(exactly: word(12)), entryCounts ~= count, count % QuotaBucket.count == 0,
                bytes[48...].allSatisfy({ $0 == 0 })
            else { return nil }
            self.init(entryCount: count, salt: Array(bytes[16..<48]))
        }

        var encoded: [UInt8] {
            let words = [version, UInt32(entryCount)]
            let numbers = words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
            let start = magic + numbers + salt
            return start + [UInt8](repeating: 0, count: headerByteCount - start.count)
        }

        var byteCount: Int { headerByteCount + entryCount * QuotaEntry.byteCount }

        /// Nobody without the salt can tell which users share a bucket, and choose a name accordingly.
        func holder(_ name: [UInt8]) -> QuotaHolder {
            let code = HMACSHA256Key(salt).authenticationCode(for: name)
            func word(_ start: Int) -> UInt64 { code[start..<(start + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
            return QuotaHolder(high: word(0), low: word(8))
        }

        func bucket(of holder: QuotaHolder) -> Int {
            Int(holder.high % UInt64(entryCount / QuotaBucket.count))
        }
    }

    /// A new header, with 32 random bytes.
    static func newHeader(entries: Int, _ random: (Int) -> [UInt8]) -> Header {
        let buckets = (entries + QuotaBucket.count - 1) / QuotaBucket.count
        return Header(entryCount: buckets * QuotaBucket.count, salt: random(saltByteCount))
    }
}
