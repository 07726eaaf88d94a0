import Foundation
import Synchronization
import Testing

@testable import UploadService

/// A ledger in a folder of its own, which is removed with it.
final class TestLedger: Sendable {
    let folder = "/tmp/countersign-quotas-\(UUID().uuidString)"
    var path: String { folder + "/quotas" }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func ledger(entries: Int = 64) -> QuotaLedger {
        QuotaLedger(path: path, entries: entries) { count in (0..<count).map { _ in UInt8.random(in: 0...255) } }
    }

    var bytes: [UInt8] { [UInt8](FileManager.default.contents(atPath: path) ?? Data()) }

    func write(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// Names in the folder beside the ledger's.
    var litter: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0 != "quotas" }
    }
}

extension Quota {
    static func make(
        requests: UInt64 = 0, bytes: UInt64 = 0, window: Int64 = 3600, openUploads: Int = 0
    ) -> Quota {
        var quota = Quota()
        (quota.requests, quota.bytes, quota.window, quota.openUploads) = (requests, bytes, window, openUploads)
        return quota
    }
}

extension QuotaLedger {
    /// One file of so many bytes for a user.
    func admit(
        _ quota: Quota, for user: String = "frodo", requests: UInt64 = 1, bytes: UInt64 = 1, at now: Int64 = 0
    ) throws -> QuotaVerdict {
        try admit(Array(user.utf8), requests: requests, bytes: bytes, under: quota, at: testTime * 1000 + now)
    }
}

let admitted = QuotaVerdict.admitted(isCrowded: false)
