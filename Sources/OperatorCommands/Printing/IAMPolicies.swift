internal import S3Authorization
internal import UploadService

/// What each of the two keys must be able to do, and nothing else.
///
/// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
struct IAMPolicies {
    private let configuration: Configuration
    private let sweeps: Bool

    /// `sweeps`: the storage key also does what `countersign sweep --delete` and `--abort-multipart` need.
    init(_ desk: Desk, sweeps: Bool = false) {
        configuration = desk.configuration
        self.sweeps = sweeps
    }

    private var allRules: [Configuration.Rules] { [configuration.rules] + configuration.profiles.values }

    static func arn(_ bucket: String, _ keys: String? = nil, _ configuration: Configuration) -> String {
        "arn:\(configuration.s3.partition):s3:::\(bucket)" + (keys.map { "/\($0)" } ?? "")
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
            [Self.allow("WriteUploads", actions, [arn(bucket, "*")])] + counting + encryption(keys, "Uploads") + lending
        )
    }

    /// The right to lend a role to browsers.
    private var lending: [JSONTree] {
        guard let lent = configuration.browserCredentials else { return [] }
        return [Self.allow("LendKeysToBrowsers", ["sts:AssumeRole"], [lent.role])]
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
            ] + counting + sweeping(uploads) + encryption(storage.encryptionKeyID.map { [$0] } ?? [], "Storage"))
    }

    /// Of the uploads in parts that a user has open, where that is limited: with the key that may look, if there is one.
    private var counting: [JSONTree] {
        guard allRules.contains(where: { $0.quotaOpenUploads > 0 }) else { return [] }
        return [
            Self.allow(
                "CountOpenUploads", ["s3:ListBucketMultipartUploads"], [arn(configuration.uploads.bucket)])
        ]
    }

    private func sweeping(_ uploads: String) -> [JSONTree] {
        guard sweeps else { return [] }
        return [
            Self.allow("FindPartsOfUploads", ["s3:ListBucketMultipartUploads"], [arn(uploads)]),
            Self.allow("SweepUploads", ["s3:DeleteObject", "s3:AbortMultipartUpload"], [arn(uploads, "*")]),
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
