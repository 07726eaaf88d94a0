internal import S3Authorization
internal import UploadService

/// What each of the two keys must be able to do, and nothing else.
///
/// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
struct IAMPolicies {
    private let configuration: Configuration

    init(_ desk: Desk) {
        configuration = desk.configuration
    }

    private var allRules: [Configuration.Rules] { [configuration.rules] + configuration.profiles.values }

    /// Amazon's part of the world, which begins every name in it.
    static func partition(_ region: String) -> String {
        if region.hasPrefix("cn-") { return "aws-cn" }
        return region.hasPrefix("us-gov-") ? "aws-us-gov" : "aws"
    }

    static func arn(_ bucket: String, _ keys: String? = nil, _ configuration: Configuration) -> String {
        "arn:\(partition(configuration.s3.region)):s3:::\(bucket)" + (keys.map { "/\($0)" } ?? "")
    }

    private func arn(_ bucket: String, _ keys: String? = nil) -> String { Self.arn(bucket, keys, configuration) }

    /// Writes to the uploads bucket: it must not read, list or delete.
    var uploads: JSONTree {
        let bucket = configuration.uploads.bucket
        var actions = ["s3:PutObject"]
        if configuration.uploads.acl != nil { actions.append("s3:PutObjectAcl") }
        // Uploads in parts: pages give them up, and with tickets Uppy asks which parts are there.
        actions.append("s3:AbortMultipartUpload")
        if !configuration.server.secrets.isEmpty { actions.append("s3:ListMultipartUploadParts") }
        let keys = Set(allRules.flatMap(\.encryptionKeyIDs)).sorted()
        let counting = configuration.storage == nil ? counting : []
        return Self.policy(
            [Self.allow("WriteUploads", actions, [arn(bucket, "*")])] + counting + encryption(keys, "Uploads"))
    }

    /// Reads uploads, and writes what is stored and the claims; nil where there is no storage bucket.
    var storage: JSONTree? {
        guard let storage = configuration.storage else { return nil }
        let uploads = configuration.uploads.bucket
        var read = ["s3:GetObject"]
        if allRules.contains(where: \.delete) { read.append("s3:DeleteObject") }
        var write = [
            "s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
        ]
        if storage.acl != nil { write.append("s3:PutObjectAcl") }
        let deny: JSONTree = .object([
            .init("Sid", "KeepClaims"), .init("Effect", "Deny"), .init("Action", ["s3:DeleteObject"]),
            .init("Resource", [.string(arn(storage.bucket, storage.claims + "*"))]),
        ])
        return Self.policy(
            [
                Self.allow("ReadUploads", read, [arn(uploads, "*")]),
                Self.allow("KnowWhatIsMissing", ["s3:ListBucket"], [arn(uploads), arn(storage.bucket)]),
                Self.allow("WriteStorage", write, [arn(storage.bucket, "*")]), deny,
            ] + counting + encryption(storage.encryptionKeyID.map { [$0] } ?? [], "Storage"))
    }

    /// Of the uploads in parts that a user has open, where that is limited: with the key that may look, if there is one.
    private var counting: [JSONTree] {
        guard allRules.contains(where: { $0.quotaOpenUploads > 0 }) else { return [] }
        return [
            Self.allow(
                "CountOpenUploads", ["s3:ListBucketMultipartUploads"], [arn(configuration.uploads.bucket)])
        ]
    }

    /// S3 encrypts with the caller's own rights to the key.
    private func encryption(_ keys: [String], _ side: String) -> [JSONTree] {
        let names = keys.filter { $0.hasPrefix("arn:") }
        guard !names.isEmpty else { return [] }
        return [Self.allow("Encrypt\(side)", ["kms:GenerateDataKey", "kms:Decrypt"], names)]
    }

    static func allow(_ id: String, _ actions: [String], _ resources: [String]) -> JSONTree {
        .object([
            .init("Sid", .string(id)), .init("Effect", "Allow"), .init("Action", JSONTree(actions)),
            .init("Resource", JSONTree(resources)),
        ])
    }

    static func policy(_ statements: [JSONTree]) -> JSONTree {
        .object([.init("Version", "2012-10-17"), .init("Statement", .list(statements))])
    }
}
