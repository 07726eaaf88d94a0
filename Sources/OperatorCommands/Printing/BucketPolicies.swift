internal import S3Authorization
internal import UploadService

/// What the buckets themselves refuse, whoever asks.
///
/// https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
struct BucketPolicies {
    private let configuration: Configuration

    init(_ desk: Desk) {
        configuration = desk.configuration
    }

    /// No plain http, and no ACL but the configured one.
    var uploads: JSONTree {
        let bucket = configuration.uploads.bucket
        var statements = plainTraffic(bucket)
        // A part of an upload in parts carries none.
        var conditions: [JSONTree.Member] = [.init("Null", .object([.init("s3:x-amz-acl", "false")]))]
        if let acl = configuration.uploads.acl {
            conditions.append(.init("StringNotEquals", .object([.init("s3:x-amz-acl", .string(acl.rawValue))])))
        }
        statements.append(
            deny("RefuseOtherACLs", ["s3:PutObject", "s3:PutObjectAcl"], [arn(bucket, "*")], .object(conditions)))
        return IAMPolicies.policy(statements)
    }

    /// No plain http, and no ACL that lets strangers read.
    var storage: JSONTree? {
        guard let bucket = configuration.storage?.bucket else { return nil }
        let condition: JSONTree = .object([
            .init(
                "StringEquals",
                .object([.init("s3:x-amz-acl", ["public-read", "public-read-write", "authenticated-read"])]))
        ])
        let statements =
            plainTraffic(bucket) + [
                deny("RefusePublicACLs", ["s3:PutObject", "s3:PutObjectAcl"], [arn(bucket, "*")], condition)
            ]
        return IAMPolicies.policy(statements)
    }

    /// Nothing where the store is reached without encryption anyway.
    private func plainTraffic(_ bucket: String) -> [JSONTree] {
        guard configuration.s3.endpoint.scheme == .https, configuration.s3.publicEndpoint.scheme == .https else {
            return []
        }
        let condition: JSONTree = .object([.init("Bool", .object([.init("aws:SecureTransport", "false")]))])
        return [deny("RefusePlainHTTP", ["s3:*"], [arn(bucket), arn(bucket, "*")], condition)]
    }

    private func deny(_ id: String, _ actions: [String], _ resources: [String], _ condition: JSONTree) -> JSONTree {
        .object([
            .init("Sid", .string(id)), .init("Effect", "Deny"), .init("Principal", "*"),
            .init("Action", JSONTree(actions)), .init("Resource", JSONTree(resources)), .init("Condition", condition),
        ])
    }

    private func arn(_ bucket: String, _ keys: String? = nil) -> String {
        IAMPolicies.arn(bucket, keys, configuration)
    }
}
