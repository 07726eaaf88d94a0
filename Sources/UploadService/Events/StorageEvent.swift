internal import S3Authorization

/// One object that a store says was made.
///
/// Only where it lies is believed: what is there now, S3 says itself. So it does not matter in which order events come
/// (`sequencer`), how often, or how late.
struct StorageEvent: Equatable {
    let bucket: ByteString
    /// The object's key, and what else the same text may mean: stores do not agree whether it is encoded.
    let keys: [ByteString]

    /// A record of an S3 notification; nil where it is about something else than a made object.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>
    init?(record: JSONMembers) {
        guard let name = record.string("eventName"), Self.isCreation(name), let s3 = record.object("s3"),
            let bucket = s3.object("bucket")?.string("name"), let key = s3.object("object")?.string("key"),
            !key.isEmpty, key.count <= Self.maximumEncodedKey
        else { return nil }
        self.bucket = bucket
        let decoded = try? PercentEncoding.decodeForm(key)
        keys = decoded.map { $0 == key ? [key] : [$0, key] } ?? [key]
    }

    /// An event of EventBridge's, whose keys are not encoded.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>
    init?(eventBridge event: JSONMembers) {
        guard event.string("source")?.is("aws.s3") ?? false, event.string("detail-type")?.is("Object Created") ?? false,
            let detail = event.object("detail"), let bucket = detail.object("bucket")?.string("name"),
            let key = detail.object("object")?.string("key"), !key.isEmpty
        else { return nil }
        self.bucket = bucket
        keys = [key]
    }

    /// A key of 1024 bytes, every byte of it escaped.
    private static let maximumEncodedKey = 3072

    /// `ObjectCreated:Put`, and `s3:ObjectCreated:Put` as Ceph and others have it.
    private static func isCreation(_ name: ByteString) -> Bool {
        (name.begins(with: "s3:") ? name.dropFirst(3) : name).begins(with: "ObjectCreated:")
    }
}

extension JSONMembers {
    /// The members of a member that is an object.
    func object(_ name: StaticString) -> JSONMembers? {
        self[name].flatMap { try? JSONMembers(parsing: Array($0.bytes)) }
    }
}
