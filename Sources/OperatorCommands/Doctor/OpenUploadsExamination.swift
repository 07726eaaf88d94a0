internal import S3Authorization
internal import S3Client
internal import UploadService

/// Whether a user's uploads in parts can be counted, where that is limited.
struct OpenUploadsExamination {
    let visit: Visit

    func run() {
        let configuration = visit.desk.configuration
        guard ([configuration.rules] + configuration.profiles.values).contains(where: { $0.quotaOpenUploads > 0 })
        else {
            return
        }
        visit.doing("counting the doctor's own uploads in parts")
        do throws(S3Error) {
            _ = try client().listMultipartUploads(
                bucket: visit.desk.bucket, prefix: ByteString(Visit.user.bytes + [UInt8(ascii: "/")]), maximum: 1,
                until: visit.deadline)
            visit.ok("open_uploads", "a user's uploads in parts can be counted")
        } catch {
            let (message, _) = visit.meaning(of: error)
            let side = visit.storage == nil ? "uploads" : "storage"
            visit.fail(
                "open_uploads", "a user's uploads in parts cannot be counted, so that none can begin: \(message)",
                mending: "Give the key of [\(side)] s3:ListBucketMultipartUploads on the uploads bucket: "
                    + "`countersign print iam --bucket \(side)`.")
        }
    }

    /// That of whoever may look: the storage key, where there is one.
    private func client() throws(S3Error) -> S3Client {
        if let storage = visit.storage { return storage.client }
        return try visit.desk.client(visit.desk.provider)
    }
}
