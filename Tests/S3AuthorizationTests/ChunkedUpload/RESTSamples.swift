@testable import S3Authorization

/// One good text for each operation of each version, and what is changed in it.
struct RESTSample {
    static let empty = PayloadHash.empty.text.description
    static let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    static let initiate2 = """
        POST

        image/png

        x-amz-acl:private
        x-amz-date:Sun, 22 Nov 2026 12:34:56 GMT
        x-amz-meta-qqfilename:a%20b.png
        /uploads/frodo/a%20b.png?uploads
        """
    static let part2 = """
        PUT



        x-amz-date:Sun, 22 Nov 2026 12:34:56 GMT
        /uploads/frodo/a%20b.png?partNumber=3&uploadId=2~U.p_1-x
        """
    static let complete2 = """
        POST

        application/xml; charset=UTF-8

        x-amz-date:Sun, 22 Nov 2026 12:34:56 GMT
        /uploads/frodo/a%20b.png?uploadId=2~U.p_1-x
        """
    static let abort2 = part2.replacing("PUT", with: "DELETE").replacing("partNumber=3&", with: "")
    static let initiate4 = """
        AWS4-HMAC-SHA256
        20261122T123456Z
        20261122/us-east-1/s3/aws4_request
        POST
        /frodo/a%20b.png
        uploads=
        host:uploads.s3.example.org:8443
        x-amz-acl:private
        x-amz-content-sha256:\(empty)
        x-amz-date:20261122T123456Z
        x-amz-meta-qqfilename:a%20b.png

        host;x-amz-acl;x-amz-content-sha256;x-amz-date;x-amz-meta-qqfilename
        \(empty)
        """
    static let part4 = """
        AWS4-HMAC-SHA256
        20261122T123456Z
        20261122/us-east-1/s3/aws4_request
        PUT
        /frodo/a%20b.png
        partNumber=3&uploadId=2~U.p_1-x
        host:uploads.s3.example.org:8443
        x-amz-content-sha256:\(hash)
        x-amz-date:20261122T123456Z

        host;x-amz-content-sha256;x-amz-date
        \(hash)
        """
    static let complete4 = part4.replacing("PUT", with: "POST").replacing("partNumber=3&", with: "")
    static let abort4 = complete4.replacing("POST", with: "DELETE").replacing(hash, with: empty)

    var text: String
    var rules = UploadRules(bucket: "uploads", region: "us-east-1", maximumSize: 1_000_000)
    var credentials = PolicySample.credentials
    var user: ByteString = "frodo"
    var expectedVersion: SignatureVersion?
    var now = PolicySample.now
    var endpoint = "https://s3.example.org:8443"
    var addressing = Addressing.virtual

    init(_ text: String, _ change: (inout RESTSample) -> Void = { _ in }) {
        self.text = text
        change(&self)
    }

    func authorize() throws -> AuthorizedRESTRequest {
        let caller = Caller(prefix: try KeyPrefix(user: user), expectedVersion: expectedVersion)
        return try rules.authorize(
            RESTRequest(text: ByteString(text)), for: caller, signedBy: credentials,
            at: Endpoint(parsing: ByteString(endpoint)), addressing: addressing, now: now)
    }

    /// All that is wrong, as `place: message`, those of permission with an exclamation mark; empty where it is signed.
    func problems() throws -> [String] {
        do {
            _ = try authorize()
            return []
        } catch let violations as PolicyViolations {
            return violations.all.map { violation in
                let place = if case .condition(let element) = violation.place { element.description } else { "text" }
                return "\(place): \(violation.message)" + (violation.kind == .notPermitted ? "!" : "")
            }
        }
    }
}

extension String {
    /// Every occurrence of a text replaced; Foundation's spelling has other bytes for other locales.
    func replacing(_ old: String, with new: String) -> String {
        var result: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: old) {
            result += [rest[..<range.lowerBound], Substring(new)]
            rest = rest[range.upperBound...]
        }
        return (result + [rest]).joined()
    }
}
