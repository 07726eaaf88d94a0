/// What clears a bucket up by itself: the lifecycle rule of the uploads bucket, and that of the storage bucket.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
package struct LifecycleRules: Sendable {
    /// Days after which an upload is removed; nil: never, as for the storage bucket.
    let expiry: Int?
    /// Days after which an upload in parts that nobody completed is given up.
    let abort = 1

    /// The uploads bucket's: everything goes after so many days.
    package static func uploads(days: Int) -> LifecycleRules { LifecycleRules(expiry: days) }
    /// The storage bucket's: only what was never completed goes.
    package static let storage = LifecycleRules(expiry: nil)

    var id: String { expiry == nil ? "countersign-storage" : "countersign-uploads" }

    var rule: XMLTree {
        var elements = [
            XMLTree("ID", id), XMLTree("Filter", [XMLTree("Prefix", "")]), XMLTree("Status", "Enabled"),
        ]
        if let expiry {
            elements.append(XMLTree("Expiration", [XMLTree("Days", "\(expiry)")]))
            elements.append(XMLTree("NoncurrentVersionExpiration", [XMLTree("NoncurrentDays", "\(expiry)")]))
        }
        elements.append(XMLTree("AbortIncompleteMultipartUpload", [XMLTree("DaysAfterInitiation", "\(abort)")]))
        return XMLTree("Rule", elements)
    }

    var xml: XMLTree { XMLTree("LifecycleConfiguration", [rule]) }

    /// As `aws s3api put-bucket-lifecycle-configuration --lifecycle-configuration` takes it.
    var json: JSONTree {
        var members: [JSONTree.Member] = [
            .init("ID", .string(id)), .init("Filter", .object([.init("Prefix", "")])), .init("Status", "Enabled"),
        ]
        if let expiry {
            members.append(.init("Expiration", .object([.init("Days", .number(expiry))])))
            members.append(
                .init("NoncurrentVersionExpiration", .object([.init("NoncurrentDays", .number(expiry))])))
        }
        members.append(
            .init("AbortIncompleteMultipartUpload", .object([.init("DaysAfterInitiation", .number(abort))])))
        return .object([.init("Rules", [.object(members)])])
    }
}
