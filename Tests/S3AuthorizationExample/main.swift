// An upload desk in sixty lines: what a Swift site writes that signs uploads itself, without the responder.
// A real one takes the time from its clock, the user from its session and the secret from a file.
import S3Authorization

let credentials = Credentials(accessKeyID: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
let now = try SigningTime(parsing: "20261122T123456Z", as: .basic)

// Made once, when the site starts. A key cache may be shared by all threads.
let rules = {
    var rules = UploadRules(bucket: "uploads", region: "eu-west-1", maximumSize: 10 << 20)
    rules.contentTypes = ["image/*", "application/pdf"].compactMap(ContentTypePattern.init)
    rules.signatureVersions = [.v4]
    return rules
}()
let keys = SigningKeyCache()
let signer = try Signer(credentials: credentials, region: rules.region)
let endpoint = try Endpoint(parsing: "https://s3.eu-west-1.amazonaws.com")

// 1. The caller. A name that can own no prefix is refused, never repaired.
let caller = Caller(prefix: try KeyPrefix(user: "jürgen"))
print("prefix: \(caller.prefix.text)")

// 2. A form for S3, as Fine Uploader asks for it: check the policy, answer its Base64 text and the signature.
@MainActor func answer(_ body: String) throws(JSONError) {
    let policy = try POSTPolicy(parsing: Array(body.utf8))
    do throws(PolicyViolations) {
        let authorized = try rules.authorize(policy, for: caller, signedBy: credentials, at: now)
        let signed = authorized.sign(with: keys)
        print("document: \(authorized.document)")
        print("signature: \(signed.signature), until \(authorized.expiration.text(.extended))")
    } catch {
        for violation in error.all {
            print("refused, \(error.areAllOfPermission ? 403 : 400): \(violation.place): \(violation.message)")
        }
    }
}

func policy(key: String, bucket: String = "uploads") -> String {
    """
    {"expiration": "2026-11-22T12:39:56.000Z", "conditions": [{"acl": "private"}, {"bucket": "\(bucket)"},
        {"Content-Type": "image/png"}, {"success_action_status": "200"}, {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
        {"key": "\(key)"}, {"x-amz-credential": "AKIDEXAMPLE/20261122/eu-west-1/s3/aws4_request"},
        {"x-amz-date": "20261122T123456Z"}, ["content-length-range", "1", "9007199254740992"]]}
    """
}

try answer(policy(key: "j%C3%BCrgen/cat.png"))
try answer(policy(key: "frodo/cat.png", bucket: "other"))
do {
    try answer(#"{"conditions": [{"key": "a"}], "conditions": []}"#)
} catch {
    print("not our JSON: \(error)")
}

// 3. A URL to PUT one object to, under a key of the site's own making.
let key = ByteString("\(caller.prefix.text)4f1c0a52-report.pdf")
let upload = Upload(key: key, size: 12_345, contentType: "application/pdf")
let authorized = try rules.authorize(upload, for: caller, at: now)
let presigned = try authorized.presigned(by: signer, at: endpoint, addressing: .virtual)
print("PUT \(presigned.url)")
for header in presigned.headers {
    print("\(header.name): \(header.value)")
}
