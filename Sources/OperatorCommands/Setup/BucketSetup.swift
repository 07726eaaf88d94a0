internal import S3Authorization
package import S3Client
internal import UploadService

/// `countersign setup`: puts the rules that uploads need on the buckets.
package struct BucketSetup: Sendable {
    private let desk: Desk
    private let client: S3Client
    private let days: Int
    private let cors: CORSRules?

    /// Milliseconds for each call.
    private static let patience: Int64 = 20_000

    /// With the rights of whoever administers the buckets, which none of the configured keys should have.
    package init(_ desk: Desk, credentials: any CredentialsProvider, origins: [String], days: Int) throws(S3Error) {
        self.desk = desk
        self.days = days
        client = try desk.client(credentials)
        cors = CORSRules(desk.configuration, and: origins)
    }

    /// False where no origin is known, and so no CORS rule can be made.
    package var knowsOrigins: Bool { cors != nil }

    /// Every document that is to be looked after, as it is and as it should be.
    package func changes() throws(S3Error) -> [BucketChange] {
        let uploads = desk.configuration.uploads.bucket
        var changes: [BucketChange] = []
        if let cors { changes.append(try change(.cors, of: uploads, cors.rule)) }
        changes.append(try change(.lifecycle, of: uploads, LifecycleRules.uploads(days: days).rule))
        if let storage = desk.configuration.storage?.bucket {
            changes.append(try change(.lifecycle, of: storage, LifecycleRules.storage.rule))
        }
        return changes
    }

    private func change(
        _ document: BucketDocument, of bucket: String, _ rule: XMLTree
    ) throws(S3Error) -> BucketChange {
        let current = try client.get(document, of: ByteString(bucket), until: deadline).map { XMLTree($0) }
        return BucketChange(bucket: bucket, document: document, current: current, rule: rule)
    }

    /// Writes it, and reads it again: some stores take what they do not keep.
    package func apply(_ change: BucketChange) throws(S3Error) -> Bool {
        let bucket = ByteString(change.bucket)
        try client.put(change.document, Array(change.wanted.document.utf8), of: bucket, until: deadline)
        guard let rule = change.wanted.elements.first,
            let now = try client.get(change.document, of: bucket, until: deadline).map({ XMLTree($0) })
        else { return false }
        return now.all(rule.name).contains { $0.says(the: rule) }
    }

    private var deadline: Deadline { client.deadline(milliseconds: Self.patience) }
}
