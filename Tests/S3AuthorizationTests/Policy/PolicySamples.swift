@testable import S3Authorization

/// One good policy of each version, and what is changed in it.
struct PolicySample {
    static let now = (try? SigningTime(parsing: "20261122T123456Z", as: .basic)) ?? .start

    static let credentials = Credentials(
        accessKeyID: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))

    static let temporary = Credentials(
        accessKeyID: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), sessionToken: "TO/KEN=")

    static let version2 = [
        #"{"acl":"private"}"#, #"{"bucket":"uploads"}"#, #"{"Content-Type":"image/png"}"#,
        #"{"success_action_status":"200"}"#, #"{"key":"frodo/cat.png"}"#, #"{"x-amz-meta-qqfilename":"cat.png"}"#,
        #"["content-length-range","1","1000"]"#,
    ]

    static let version4 =
        version2 + [
            #"{"x-amz-algorithm":"AWS4-HMAC-SHA256"}"#,
            #"{"x-amz-credential":"AKIDEXAMPLE/20261122/us-east-1/s3/aws4_request"}"#,
            #"{"x-amz-date":"20261122T123456Z"}"#,
        ]

    var conditions = version4
    var rules = UploadRules(bucket: "uploads", region: "us-east-1", maximumSize: 1_000_000)
    var credentials = Self.credentials
    var user: ByteString = "frodo"
    var expectedVersion: SignatureVersion?
    var now = Self.now
    var returnPage: ReturnPage?

    init(_ change: (inout PolicySample) -> Void = { _ in }) {
        change(&self)
    }

    /// Every condition about the element goes; `condition` comes, unless it is empty.
    mutating func replace(_ element: String, by condition: String...) {
        conditions.removeAll { $0.contains("\"\(element)\"") }
        conditions += condition
    }

    var document: String {
        #"{"expiration":"2026-11-22T12:39:56.000Z","conditions":["# + conditions.joined(separator: ",") + "]}"
    }

    func authorize(_ document: String? = nil) throws -> AuthorizedPolicy {
        let policy = try POSTPolicy(parsing: Array((document ?? self.document).utf8))
        return try authorize(policy)
    }

    func authorize(_ policy: POSTPolicy) throws -> AuthorizedPolicy {
        let caller = Caller(
            prefix: try KeyPrefix(user: user), returnPage: returnPage, expectedVersion: expectedVersion)
        return try rules.authorize(policy, for: caller, signedBy: credentials, at: now)
    }

    /// All that is wrong, as `element: message`, those of permission with an exclamation mark; empty where it is signed.
    func problems(_ document: String? = nil) throws -> [String] {
        do {
            _ = try authorize(document)
            return []
        } catch let violations as PolicyViolations {
            return violations.all.map { violation in
                let place =
                    switch violation.place {
                    case .conditions: "conditions"
                    case .expiration: "expiration"
                    case .condition(let element): element.description
                    }
                return "\(place): \(violation.message)" + (violation.kind == .notPermitted ? "!" : "")
            }
        }
    }
}
