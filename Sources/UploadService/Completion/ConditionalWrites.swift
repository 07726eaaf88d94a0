internal import S3Authorization
internal import S3Client
internal import Synchronization

/// Whether the store honours `If-None-Match: *`, without which two requests could both claim an upload.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
package final class ConditionalWrites: Sendable {
    private let areKnownToWork = Atomic<Bool>(false)

    package init() {}

    /// Writes one object twice under the condition, once in a process's life: the second time must fail.
    func probe(_ desk: StorageDesk, until deadline: Deadline) throws(S3Error) -> Bool {
        if areKnownToWork.load(ordering: .relaxed) { return true }
        let probe = ObjectLocation(bucket: desk.bucket, key: ByteString(desk.claims.bytes + "probe".utf8))
        for _ in 0..<2 {
            do throws(S3Error) {
                _ = try desk.client.put(
                    probe, body: Array("{}".utf8), contentType: "application/json", condition: .absent, until: deadline)
            } catch .preconditionFailed {
                areKnownToWork.store(true, ordering: .relaxed)
                return true
            }
        }
        return false
    }
}
