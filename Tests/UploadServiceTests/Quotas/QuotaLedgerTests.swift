import Foundation
import S3Authorization
import Testing

@testable import UploadService

/// The file: shared, made whole, never trusted.
struct QuotaLedgerTests {
    private static let three = Quota.make(requests: 3)

    @Test func aNewFile() throws {
        let test = try TestLedger()
        try test.ledger(entries: 100).prepare()
        let bytes = test.bytes
        // Whole buckets of 16.
        #expect(bytes.count == 64 + 112 * 64)
        #expect(Array(bytes[..<16]) == Array("cs-quota".utf8) + [1, 0, 0, 0, 112, 0, 0, 0])
        #expect(bytes[16..<48].contains { $0 != 0 } && bytes[48...].allSatisfy { $0 == 0 })
        let attributes = try FileManager.default.attributesOfItem(atPath: test.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(test.litter.isEmpty)
        var status = stat()
        #expect(unsafe stat(test.path, &status) == 0 && status.st_blocks * 512 >= bytes.count)
    }

    /// By HMAC-SHA-256 with the file's salt; computed apart from this program.
    @Test func aHolder() throws {
        let header = QuotaFile.Header(entryCount: 4096, salt: Array(0..<32))
        let holder = header.holder([0] + Array("default".utf8) + [0] + Array("frodo/".utf8))
        #expect(holder == QuotaHolder(high: 0xAC84_A6B2_7701_8E47, low: 0x7ECC_9394_BDA8_9558))
        #expect(header.bucket(of: holder) == 71)
    }

    @Test func twoLedgersOnOneFile() throws {
        let test = try TestLedger()
        let (one, other) = (test.ledger(), test.ledger())
        #expect(try one.admit(Self.three) == admitted)
        #expect(try other.admit(Self.three) == admitted)
        #expect(try one.admit(Self.three) == admitted)
        #expect(try other.admit(Self.three, at: 1000) == .refused(.requests, wait: 3_599_000))
        #expect(try one.admit(Self.three, for: "sam") == admitted)
        #expect(test.litter.isEmpty)
    }

    @Test func takenBack() throws {
        let test = try TestLedger()
        let ledger = test.ledger()
        #expect(try ledger.admit(.make(requests: 3, bytes: 30), requests: 3, bytes: 30) == admitted)
        try ledger.takeBack(Array("frodo".utf8), requests: 1, bytes: 10)
        #expect(
            try ledger.admit(.make(requests: 3, bytes: 30), requests: 1, bytes: 11) == .refused(.bytes, wait: 3_600_000)
        )
        #expect(try ledger.admit(.make(requests: 3, bytes: 30), requests: 1, bytes: 10) == admitted)
    }

    /// Threads that all want the same, through ledgers of their own: exactly as many as there is room for get it.
    @Test func atOnce() throws {
        let test = try TestLedger()
        let quota = Quota.make(requests: 5000, bytes: 1_000_000)
        let admittedCount = Counter()
        let refusedCount = Counter()
        let others = Counter()
        let threads = (0..<8).map { thread in
            startThread {
                let ledger = test.ledger(entries: 64)
                for step in 0..<1000 {
                    // Another user's now and then, who has a place of their own.
                    if step % 100 == 0 {
                        let verdict = try? ledger.admit(.make(requests: 10), for: "sam-\(thread)")
                        if verdict == admitted { others.add() }
                    }
                    switch try? ledger.admit(quota, bytes: 100, at: Int64(step)) {
                    case .admitted: admittedCount.add()
                    case .refused: refusedCount.add()
                    default: break
                    }
                }
            }
        }
        threads.forEach(join)
        #expect(admittedCount.value == 5000)
        #expect(refusedCount.value == 3000)
        #expect(others.value == 80)
        #expect(test.litter.isEmpty)
    }

    /// All of them make the file, and all of them find one.
    @Test func madeAtOnce() throws {
        let test = try TestLedger()
        let count = Counter()
        let threads = (0..<8).map { _ in
            startThread {
                if (try? test.ledger().admit(.make(requests: 8))) == admitted { count.add() }
            }
        }
        threads.forEach(join)
        #expect(count.value == 8)
        #expect(try test.ledger().admit(.make(requests: 8)) == .refused(.requests, wait: 3_600_000))
        #expect(test.litter.isEmpty)
    }

    /// What is no ledger is replaced by one.
    @Test(arguments: [
        "", "x", "garbage", "cut", "grown", "magic", "version", "count", "odd count", "huge count", "reserved",
        "random",
    ])
    func broken(how: String) throws {
        let test = try TestLedger()
        _ = try test.ledger().admit(.make(requests: 1))
        let sound = test.bytes
        var bytes = sound
        switch how {
        case "": bytes = []
        case "x": bytes = [UInt8(ascii: "x")]
        case "garbage": bytes = [UInt8](repeating: 0xff, count: bytes.count)
        case "cut": bytes.removeLast(1)
        case "grown": bytes.append(0)
        case "magic": bytes[0] ^= 1
        case "version": bytes[8] = 2
        case "count": bytes[12] = 80
        case "odd count": (bytes[12], bytes[13]) = (65, 0)
        case "huge count": bytes[15] = 0x7f
        case "reserved": bytes[50] = 1
        default: bytes = (0..<5000).map { _ in UInt8.random(in: 0...255) }
        }
        try test.write(bytes)
        #expect(try test.ledger().admit(.make(requests: 1)) == admitted)
        #expect(test.bytes.count == sound.count && test.bytes[..<16] == sound[..<16])
        #expect(test.litter.isEmpty)
        #expect(try test.ledger().admit(.make(requests: 1)) == .refused(.requests, wait: 3_600_000))
    }

    /// Entries may hold anything: at worst a user has to wait for one window.
    @Test func garbageInTheEntries() throws {
        let test = try TestLedger()
        try test.ledger().prepare()
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var bytes = test.bytes
            for index in 64..<bytes.count { bytes[index] = UInt8.random(in: 0...255, using: &generator) }
            try test.write(bytes)
            _ = unsafe chmod(test.path, 0o600)
            let verdict = try test.ledger().admit(.make(requests: 1))
            guard case .admitted = verdict else {
                Issue.record("\(verdict)")
                return
            }
        }
    }

    @Test func aFileThatOthersMayWriteIsReplaced() throws {
        let test = try TestLedger()
        #expect(try test.ledger().admit(.make(requests: 1)) == admitted)
        _ = unsafe chmod(test.path, 0o666)
        #expect(try test.ledger().admit(.make(requests: 1)) == admitted)
        let attributes = try FileManager.default.attributesOfItem(atPath: test.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    /// Another size is taken as it is, until somebody starts who wants it so.
    @Test func anotherSize() throws {
        let test = try TestLedger()
        let (small, large) = (test.ledger(entries: 64), test.ledger(entries: 640))
        try small.prepare()
        #expect(try large.admit(.make(requests: 1)) == admitted)
        #expect(test.bytes.count == 64 + 64 * 64)
        try large.prepare()
        #expect(test.bytes.count == 64 + 640 * 64)
        #expect(try small.admit(.make(requests: 1)) == admitted)
        #expect(try large.admit(.make(requests: 1)) == .refused(.requests, wait: 3_600_000))
        try large.prepare()
        #expect(try small.admit(.make(requests: 1)) == .refused(.requests, wait: 3_600_000))
    }

    @Test func aFileThatIsRemovedIsMadeAnew() throws {
        let test = try TestLedger()
        let ledger = test.ledger()
        #expect(try ledger.admit(.make(requests: 1)) == admitted)
        try FileManager.default.removeItem(atPath: test.path)
        #expect(try ledger.admit(.make(requests: 1)) == admitted)
    }

    @Test func whatCannotBeUsed() throws {
        let test = try TestLedger()
        let missing = QuotaLedger(path: test.folder + "/none/quotas", random: { [UInt8](repeating: 0, count: $0) })
        #expect(throws: QuotaError.self) { try missing.prepare() }
        let error = #expect(throws: QuotaError.self) { try missing.admit(.make(requests: 1)) }
        #expect(error.map { "\($0)" }?.contains("No such file or directory") == true)

        try FileManager.default.createDirectory(atPath: test.path, withIntermediateDirectories: false)
        #expect(throws: QuotaError.self) { try test.ledger().prepare() }
        try FileManager.default.removeItem(atPath: test.path)

        try Data("kept".utf8).write(to: URL(filePath: test.folder + "/other"))
        try FileManager.default.createSymbolicLink(atPath: test.path, withDestinationPath: test.folder + "/other")
        #expect(throws: QuotaError(step: "open", path: test.path, reason: .system(ELOOP))) {
            try test.ledger().prepare()
        }
        #expect(try Data(contentsOf: URL(filePath: test.folder + "/other")) == Data("kept".utf8))
        try FileManager.default.removeItem(atPath: test.path)

        #expect(unsafe mkfifo(test.path, 0o600) == 0)
        #expect(throws: QuotaError(step: "use", path: test.path, reason: .notPlain)) { try test.ledger().prepare() }
    }

    /// What root makes is the service's, whose the folder is; and root counts in the service's file.
    @Test(.enabled(if: geteuid() == 0)) func rootMakesItForTheService() throws {
        let test = try TestLedger()
        #expect(unsafe chown(test.folder, 65_534, 65_534) == 0)
        for _ in 0..<2 {
            #expect(try test.ledger().admit(.make(requests: 2)) == admitted)
            var status = stat()
            #expect(unsafe stat(test.path, &status) == 0 && status.st_uid == 65_534 && status.st_gid == 65_534)
        }
        #expect(try test.ledger().admit(.make(requests: 2)) == .refused(.requests, wait: 3_600_000))
    }

    /// Somebody who was stopped while holding the file must not stop everybody for good.
    @Test func heldForEver() throws {
        let test = try TestLedger()
        try test.ledger().prepare()
        let descriptor = unsafe open(test.path, O_RDWR)
        #expect(flock(descriptor, LOCK_EX) == 0)
        #expect(throws: QuotaError(step: "lock", path: test.path, reason: .held)) {
            try test.ledger().admit(.make(requests: 1))
        }
        close(descriptor)
        #expect(try test.ledger().admit(.make(requests: 1)) == admitted)
    }
}
