package import S3Authorization
package import S3Client

/// Keys of their own for browsers: for one user each, for a while, and for one prefix of the uploads bucket.
///
/// Nothing is kept: each page gets a new one, so that no key outlives the right to have it by more than its own time.
package struct BrowserCredentialsDesk: Sendable {
    package var role: AssumeRole
    /// What begins the names of all buckets there: `aws`, but for China and others.
    package var partition: ByteString
    /// The same as those of completion.
    package var permits: Permits
    /// Milliseconds that all tries of one call may take.
    package var deadline: Int64 = 10_000

    package init(role: AssumeRole, partition: ByteString = "aws", permits: Permits) {
        self.role = role
        self.partition = partition
        self.permits = permits
    }

    /// The key of one user's browser; `name` is whom the store's log shall name.
    package func credentials(
        named name: ByteString, prefix: KeyPrefix, rules: UploadRules, clockOffset: Int64 = 0, until deadline: Deadline
    ) throws(LendingError) -> Credentials {
        let policy: SessionPolicy
        do throws(SessionPolicy.Invalid) {
            policy = try SessionPolicy(bucket: rules.bucket, prefix: prefix, acl: rules.acl, partition: partition)
        } catch {
            throw .policy(error)
        }
        do throws(S3Error) {
            return try role.credentials(
                for: RoleSessionName(user: name), limitedTo: policy, clockOffset: clockOffset, until: deadline)
        } catch {
            throw .sts(error)
        }
    }
}

/// Why there is no key for a browser.
package enum LendingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nothing can say what this user's key may do.
    case policy(SessionPolicy.Invalid)
    case sts(S3Error)

    package var description: String {
        switch self {
        case .policy(.tooLong): "the prefix is too long for a session policy"
        case .policy(let reason): "no session policy can be written: \(reason)"
        case .sts(let error): error.text(of: "STS")
        }
    }
}
