internal import UploadService

/// The role whose keys browsers get: who may assume it, and what is the most that it may do.
///
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-user.html
struct RolePolicies {
    private let configuration: Configuration
    private let lent: Configuration.BrowserCredentials

    /// Nil where browsers get no keys.
    init?(_ desk: Desk) {
        guard let lent = desk.configuration.browserCredentials else { return nil }
        configuration = desk.configuration
        self.lent = lent
    }

    var both: JSONTree { .object([.init("trust", trust), .init("permissions", permissions)]) }

    /// Only the user of the uploads key, which is named as an example is.
    private var trust: JSONTree {
        let role = lent.role.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        let user = (role.prefix(5) + ["user/countersign-uploads"]).joined(separator: ":")
        var condition: [JSONTree.Member] = []
        if let externalID = lent.externalID {
            condition.append(
                .init(
                    "Condition",
                    .object([
                        .init("StringEquals", .object([.init("sts:ExternalId", .string(externalID))]))
                    ])))
        }
        let allow = statement("OnlyCountersign", "Allow", user, condition)
        // To Ceph a lent key is still the user that it was lent by, and could lend itself more.
        let isAmazon = configuration.s3.endpoint.isAmazon
        return IAMPolicies.policy(isAmazon ? [allow] : [allow, statement("NotBrowsers", "Deny", lent.role)])
    }

    private func statement(
        _ id: String, _ effect: String, _ principal: String, _ more: [JSONTree.Member] = []
    ) -> JSONTree {
        .object(
            [
                .init("Sid", .string(id)), .init("Effect", .string(effect)),
                .init("Principal", .object([.init("AWS", JSONTree([principal]))])),
                .init("Action", JSONTree(["sts:AssumeRole"])),
            ] + more)
    }

    /// For all prefixes: each key is then limited to its own.
    private var permissions: JSONTree {
        var actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
        if configuration.uploads.acl != nil { actions.append("s3:PutObjectAcl") }
        let bucket = IAMPolicies.arn(configuration.uploads.bucket, "*", configuration)
        return IAMPolicies.policy([IAMPolicies.allow("WriteUploads", actions, [bucket])])
    }
}
