import S3Authorization

struct UploadDesk {
    var rules = UploadRules(bucket: "example-uploads", region: "eu-central-1", maximumSize: 10_000_000)
    let credentials: Credentials
    let keys = SigningKeyCache()

    /// `body` is what the client posted, `now` seconds since 1970; throws `JSONError` or `PolicyViolations`.
    func sign(_ body: [UInt8], for user: String, at now: Int64) throws -> SignedPolicy {
        let caller = Caller(prefix: try KeyPrefix(user: ByteString(user)), expectedVersion: .v4)
        let policy = try POSTPolicy(parsing: body)
        let time = try SigningTime(secondsSince1970: now)
        return try rules.authorize(policy, for: caller, signedBy: credentials, at: time).sign(with: keys)
    }
}
