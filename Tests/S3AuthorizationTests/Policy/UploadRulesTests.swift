import Testing

@testable import S3Authorization

/// One good policy, and one change each.
struct UploadRulesTests {
    struct Change: CustomTestStringConvertible, Sendable {
        let element: String
        let condition: String
        /// Nil where the change is fine.
        let problem: String?

        init(_ element: String, _ condition: String, _ problem: String? = nil) {
            (self.element, self.condition, self.problem) = (element, condition, problem)
        }

        var testDescription: String { "\(element) → \(condition)" }
    }

    static let isMissing = "Required condition is missing"
    static let operators = "starts-with and operators other than 'eq' are not allowed"
    static let unknown = "Invalid element name"
    static let noExactNumber = "Should be a string or a whole number of at most 15 digits"
    static let redirects = "Redirects may lead only to this site's own empty_html or to the configured list"
    static let header = "Should be a string of at most 1024 bytes without control characters"
    static let ends = "Both ends should be whole numbers of bytes"
    static let size = "The maximum should be at most 1000000 bytes"

    static let changes: [Change] = [
        // What must be there.
        Change("acl", "", "acl: \(isMissing)"), Change("bucket", "", "bucket: \(isMissing)"),
        Change("key", "", "key: \(isMissing)"),
        // What may be missing.
        Change("Content-Type", ""), Change("success_action_status", ""), Change("content-length-range", ""),
        Change("x-amz-meta-qqfilename", ""),
        // Either form of equality, and no other operator.
        Change("acl", #"["eq","$acl","private"]"#), Change("key", #"["eq","$key","frodo/x"]"#),
        Change("key", #"["starts-with","$key",""]"#, "key: \(operators)"),
        Change("key", #"["starts-with","$key","frodo/"]"#, "key: \(operators)"),
        Change("Content-Type", #"["starts-with","$Content-Type","image/"]"#, "Content-Type: \(operators)"),
        Change("acl", #"["starts-with","$acl","private"]"#, "acl: \(operators)"),
        // The exact names only.
        Change("acl", #"{"ACL":"private"}"#, "ACL: \(unknown)|acl: \(isMissing)"),
        Change("Content-Type", #"{"content-type":"image/png"}"#, "content-type: \(unknown)"),
        Change("", #"{"x-amz-website-redirect-location":"/"}"#, "x-amz-website-redirect-location: \(unknown)"),
        Change("", #"{"x-amz-grant-read":"id=1"}"#, "x-amz-grant-read: \(unknown)"),
        Change("", #"{"x-amz-copy-source":"/b/k"}"#, "x-amz-copy-source: \(unknown)"),
        Change("", #"{"x-amz-tagging":"a=b"}"#, "x-amz-tagging: \(unknown)"),
        Change("", #"{"tagging":"<Tagging/>"}"#, "tagging: \(unknown)"),
        Change("", #"{"file":"x"}"#, "file: \(unknown)"),
        Change("", #"{"":"x"}"#, ": \(unknown)"), Change("", #"{"Content-MD5":"x"}"#, "Content-MD5: \(unknown)"),
        Change(
            "", #"{"x-amz-server-side-encryption-customer-key":"k"}"#,
            "x-amz-server-side-encryption-customer-key: \(unknown)"),
        Change("", #"{"\#u{212a}ey":"frodo/x"}"#, "\u{212a}ey: \(unknown)"),
        // Nothing twice, in any case of letters.
        Change("", #"["eq","$acl","private"]"#, "acl: Duplicate element name"),
        Change("", #"{"key":"frodo/other"}"#, "key: Duplicate element name"),
        Change("", #"{"ACL":"private"}"#, "ACL: Duplicate element name|ACL: \(unknown)"),
        Change(
            "", #"{"X-Amz-Meta-QQFilename":"a"}"#,
            "X-Amz-Meta-QQFilename: Duplicate element name|X-Amz-Meta-QQFilename: \(unknown)"),
        Change("", #"{"X-Amz-Meta-B":"a"},{"x-amz-meta-b":"a"}"#, "X-Amz-Meta-B: \(unknown)"),
        Change("", #"{"x-amz-meta-b":"a"},["eq","$x-amz-meta-B","a"]"#, "x-amz-meta-B: Duplicate element name"),
        Change("", #"["content-length-range",0,5]"#, "content-length-range: Duplicate element name"),
        // ACL and bucket.
        Change("acl", #"{"acl":"public-read"}"#, "acl: ACL should be 'private'!"),
        Change("acl", #"{"acl":"PRIVATE"}"#, "acl: ACL should be 'private'!"),
        Change("acl", #"{"acl":1}"#, "acl: ACL should be 'private'!"),
        Change("bucket", #"{"bucket":"storage"}"#, "bucket: Bucket should be 'uploads'!"),
        Change("bucket", #"{"bucket":"Uploads"}"#, "bucket: Bucket should be 'uploads'!"),
        Change("bucket", #"{"bucket":"ab"}"#, "bucket: Invalid bucket name"),
        Change("bucket", #"{"bucket":"uploads/x"}"#, "bucket: Invalid bucket name"),
        Change("bucket", #"{"bucket":123456}"#, "bucket: Invalid bucket name"),
        // The key.
        Change("key", #"{"key":"sam/x"}"#, "key: Key should start with 'frodo/'!"),
        Change("key", #"{"key":"frodo_hijack/x"}"#, "key: Key should start with 'frodo/'!"),
        Change("key", #"{"key":"frodo/../sam/x"}"#, "key: Key should not have an empty, '.' or '..' segment"),
        Change("key", #"{"key":"frodo/a\u0000"}"#, "key: Invalid character in key"),
        Change("key", #"{"key":"frodo/写真（１）.jpg"}"#), Change("key", #"{"key":7}"#, "key: Key should be a string"),
        // Its length.
        Change("content-length-range", #"["content-length-range",0,1000000]"#),
        Change("content-length-range", #"["content-length-range","0007","7"]"#),
        Change("content-length-range", #"["content-length-range",5,"9007199254740992"]"#),
        Change("content-length-range", #"["content-length-range",0,1000001]"#, "content-length-range: \(size)"),
        Change(
            "content-length-range", #"["content-length-range",0,9007199254740991]"#, "content-length-range: \(size)"),
        Change(
            "content-length-range", #"["content-length-range",0,9007199254740993]"#, "content-length-range: \(size)"),
        Change(
            "content-length-range", #"["content-length-range",0,18446744073709551616]"#, "content-length-range: \(ends)"
        ),
        Change(
            "content-length-range", #"["content-length-range",0,18446744073709551615]"#, "content-length-range: \(ends)"
        ),
        Change(
            "content-length-range", #"["content-length-range",0,9223372036854775808]"#, "content-length-range: \(size)"),
        Change(
            "content-length-range", #"["content-length-range",6,5]"#,
            "content-length-range: The minimum should not be larger than the maximum"),
        Change(
            "content-length-range", #"["content-length-range",1000001,9007199254740992]"#,
            "content-length-range: The minimum should not be larger than the maximum"),
        Change("content-length-range", #"["content-length-range",-1,5]"#, "content-length-range: \(ends)"),
        Change("content-length-range", #"["content-length-range","+1",5]"#, "content-length-range: \(ends)"),
        Change("content-length-range", #"["content-length-range",0,1.0]"#, "content-length-range: \(ends)"),
        Change("content-length-range", #"["content-length-range",0,1e3]"#, "content-length-range: \(ends)"),
        Change("content-length-range", #"["content-length-range","0x1",5]"#, "content-length-range: \(ends)"),
        Change("content-length-range", #"["content-length-range","",""]"#, "content-length-range: \(ends)"),
        Change("content-length-range", #"["content-length-range"," 1",5]"#, "content-length-range: \(ends)"),
        Change("content-length-range", #"["content-length-range","٥",5]"#, "content-length-range: \(ends)"),
        Change(
            "content-length-range", #"{"content-length-range":5}"#,
            #"content-length-range: Should be ["content-length-range", minimum, maximum]"#),
        Change(
            "content-length-range", #"["eq","$content-length-range",5]"#,
            #"content-length-range: Should be ["content-length-range", minimum, maximum]"#),
        // Its type and headers.
        Change("Content-Type", #"{"Content-Type":"text/plain;charset=utf-8"}"#),
        Change("Content-Type", #"{"Content-Type":"image"}"#, "Content-Type: Invalid Content-Type"),
        Change("Content-Type", #"{"Content-Type":5}"#, "Content-Type: Invalid Content-Type"),
        Change("", #"{"Cache-Control":"max-age=60"}"#),
        Change("", #"{"Content-Disposition":"attachment; filename=\"é\""}"#),
        Change("", #"{"Content-Encoding":"gzip"}"#), Change("", #"{"Cache-Control":5}"#, "Cache-Control: \(header)"),
        Change("", #"{"Content-Disposition":"a\r\nb"}"#, "Content-Disposition: \(header)"),
        Change("", #"{"Content-Encoding":"\u0085"}"#, "Content-Encoding: \(header)"),
        // What S3 answers.
        Change("success_action_status", #"{"success_action_status":"201"}"#),
        Change("success_action_status", #"{"success_action_status":204}"#),
        Change(
            "success_action_status", #"{"success_action_status":"302"}"#,
            "success_action_status: Should be 200, 201 or 204"),
        Change(
            "success_action_status", #"{"success_action_status":"2000"}"#,
            "success_action_status: Should be 200, 201 or 204"),
        Change("", #"{"success_action_redirect":"https://www.example.org/upload/empty_html"}"#),
        Change("", #"{"redirect":"https://www.example.org/upload/empty_html?a=b"}"#),
        Change("", #"{"success_action_redirect":"https://app.example.org/done/x"}"#),
        Change(
            "", #"{"success_action_redirect":"https://app.example.org/donex"}"#, "success_action_redirect: \(redirects)"
        ),
        Change(
            "", #"{"success_action_redirect":"https://evil.org/upload/empty_html"}"#,
            "success_action_redirect: \(redirects)"),
        Change("", #"{"redirect":"http://www.example.org/upload/empty_html"}"#, "redirect: \(redirects)"),
        Change("", #"{"redirect":"javascript:alert(1)"}"#, "redirect: Should be an absolute http or https URL"),
        Change("", #"{"redirect":"/upload/empty_html"}"#, "redirect: Should be an absolute http or https URL"),
        Change(
            "", #"{"redirect":"https://www.example.org@evil.org/upload/empty_html"}"#,
            "redirect: Should be an absolute http or https URL"),
        Change(
            "",
            #"{"redirect":"https://app.example.org/done"},{"success_action_redirect":"https://app.example.org/done"}"#,
            "redirect: Send success_action_redirect or redirect, not both"),
        // Metadata.
        Change("x-amz-meta-qqfilename", #"{"x-amz-meta-qqfilename":"%E5%86%99%E7%9C%9F%20%F0%9F%8E%89.jpg"}"#),
        Change("x-amz-meta-qqfilename", #"{"x-amz-meta-qqfilename":""}"#),
        Change(
            "x-amz-meta-qqfilename", #"{"x-amz-meta-qqfilename":"é.jpg"}"#,
            "x-amz-meta-qqfilename: Filename should be a valid URL-encoded string"),
        Change(
            "x-amz-meta-qqfilename", #"{"x-amz-meta-qqfilename":"%FF"}"#,
            "x-amz-meta-qqfilename: Filename should be a valid URL-encoded string"),
        Change(
            "x-amz-meta-qqfilename", #"{"x-amz-meta-qqfilename":"100%"}"#,
            "x-amz-meta-qqfilename: Filename should be a valid URL-encoded string"),
        Change(
            "x-amz-meta-qqfilename", #"{"x-amz-meta-qqfilename":"a%0D%0Ab"}"#,
            "x-amz-meta-qqfilename: Filename should not include fancy characters"),
        Change(
            "x-amz-meta-qqfilename", #"{"x-amz-meta-qqfilename":"a%C2%85"}"#,
            "x-amz-meta-qqfilename: Filename should not include fancy characters"),
        Change(
            "x-amz-meta-qqfilename", #"{"x-amz-meta-qqfilename":"a\tb"}"#,
            "x-amz-meta-qqfilename: Filename should not include fancy characters"),
        Change(
            "x-amz-meta-qqfilename", #"{"x-amz-meta-qqfilename":5}"#,
            "x-amz-meta-qqfilename: Filename should be a string"),
        Change("", #"{"x-amz-meta-album":"x%20y"}"#), Change("", #"{"x-amz-meta-n":123456789012345}"#),
        Change("", #"{"x-amz-meta-n":-1}"#), Change("", #"{"x-amz-meta-n":-0}"#, "x-amz-meta-n: \(noExactNumber)"),
        Change("", #"{"x-amz-meta-n":1.5}"#, "x-amz-meta-n: \(noExactNumber)"),
        Change("", #"{"x-amz-meta-n":1e3}"#, "x-amz-meta-n: \(noExactNumber)"),
        Change("", #"{"x-amz-meta-n":1234567890123456}"#, "x-amz-meta-n: \(noExactNumber)"),
        Change("", #"{"x-amz-meta-A.b_c-9":""}"#),
        Change(
            "", #"{"x-amz-meta-album":"é"}"#,
            "x-amz-meta-album: Should be printable ASCII: percent-encode everything else"),
        Change(
            "", #"{"x-amz-meta-album":"a\nb"}"#,
            "x-amz-meta-album: Should be printable ASCII: percent-encode everything else"),
        Change("", #"{"x-amz-meta-":"x"}"#, "x-amz-meta-: \(unknown)"),
        Change("", #"{"x-amz-meta-a b":"x"}"#, "x-amz-meta-a b: \(unknown)"),
        Change("", #"{"x-amz-meta-a:b":"x"}"#, "x-amz-meta-a:b: \(unknown)"),
        Change("", #"{"X-Amz-Meta-album":"x"}"#, "X-Amz-Meta-album: \(unknown)"),
        // What the rules allow only if told to.
        Change("", #"{"x-amz-storage-class":"STANDARD_IA"}"#),
        Change(
            "", #"{"x-amz-storage-class":"GLACIER"}"#,
            "x-amz-storage-class: Should be one of: STANDARD_IA, REDUCED_REDUNDANCY"),
        Change("", #"{"x-amz-server-side-encryption":"AES256"}"#),
        Change(
            "", #"{"x-amz-server-side-encryption":"aes256"}"#, "x-amz-server-side-encryption: Should be one of: AES256"),
        Change(
            "", #"{"x-amz-server-side-encryption-aws-kms-key-id":"k"}"#,
            "x-amz-server-side-encryption-aws-kms-key-id: \(unknown)"),
        Change("", #"{"x-amz-security-token":"TO/KEN="}"#, "x-amz-security-token: \(unknown)"),
        // Version 4.
        Change("x-amz-algorithm", "", "x-amz-algorithm: \(isMissing)"),
        Change("x-amz-credential", "", "x-amz-credential: \(isMissing)"),
        Change("x-amz-date", "", "x-amz-date: \(isMissing)"),
        Change(
            "x-amz-algorithm", #"{"x-amz-algorithm":"AWS4-HMAC-SHA1"}"#, "x-amz-algorithm: Should be 'AWS4-HMAC-SHA256'"
        ),
        Change(
            "x-amz-credential", #"{"x-amz-credential":"AKIDOTHER/20261122/us-east-1/s3/aws4_request"}"#,
            "x-amz-credential: The access key id should be 'AKIDEXAMPLE'"),
        Change(
            "x-amz-credential", #"{"x-amz-credential":"AKIDEXAMPLE/20261122/eu-west-1/s3/aws4_request"}"#,
            "x-amz-credential: The region should be 'us-east-1'"),
        Change(
            "x-amz-credential", #"{"x-amz-credential":"AKIDEXAMPLE/20261122/us-east-1/iam/aws4_request"}"#,
            "x-amz-credential: The service should be 's3'"),
        Change(
            "x-amz-credential", #"{"x-amz-credential":"AKIDEXAMPLE/20261122/us-east-1/s3/aws4_requesx"}"#,
            "x-amz-credential: Should be <access key id>/<date>/<region>/s3/<terminator of version 4>"),
        Change(
            "x-amz-credential", #"{"x-amz-credential":5}"#,
            "x-amz-credential: Should be <access key id>/<date>/<region>/s3/<terminator of version 4>"),
        Change(
            "x-amz-credential", #"{"x-amz-credential":"AKIDEXAMPLE/20261121/us-east-1/s3/aws4_request"}"#,
            "x-amz-credential: The date should be today's, 20261122"),
        Change(
            "x-amz-date", #"{"x-amz-date":"2026-11-22T12:34:56Z"}"#,
            "x-amz-date: Should be a date and time such as 20261122T123456Z"),
        Change(
            "x-amz-date", #"{"x-amz-date":20261122}"#, "x-amz-date: Should be a date and time such as 20261122T123456Z"),
    ]

    @Test(arguments: changes) func oneChange(_ change: Change) throws {
        let sample = PolicySample { sample in
            if !change.element.isEmpty { sample.replace(change.element) }
            if !change.condition.isEmpty { sample.conditions.append(change.condition) }
            sample.rules.storageClasses = ["STANDARD_IA", "REDUCED_REDUNDANCY"]
            sample.rules.encryptions = ["AES256"]
            sample.rules.redirects = ["https://app.example.org/done"].compactMap { HTTPURL($0) }
            sample.returnPage = ReturnPage(
                host: "www.example.org", isPlainHTTPAllowed: false, path: "/upload/empty_html")
        }
        #expect(try sample.problems() == (change.problem?.split(separator: "|").map(String.init) ?? []))
    }

    @Test func theGoodOnes() throws {
        #expect(try PolicySample().authorize().version == .v4)
        #expect(try PolicySample { $0.conditions = PolicySample.version2 }.authorize().version == .v2)
        #expect(try PolicySample().authorize().key == "frodo/cat.png")
        #expect(try PolicySample().authorize().expiration.text(.extended) == "2026-11-22T12:39:56Z")
        #expect(
            try PolicySample { $0.rules.expiresAfter = 60 }.authorize().expiration.text(.extended)
                == "2026-11-22T12:35:56Z")
    }

    @Test func severalAtOnce() throws {
        let sample = PolicySample { sample in
            sample.replace("acl", by: #"{"acl":"public-read"}"#)
            sample.replace("key", by: #"["starts-with","$key",""]"#)
            sample.replace("bucket", by: "true", "[]")
            sample.replace("content-length-range", by: #"["content-length-range",0,1000001]"#)
        }
        #expect(
            try sample.problems() == [
                "conditions: Condition must be array or dictionary, not boolean: true",
                "conditions: Empty condition array: []", "acl: ACL should be 'private'!", "key: \(Self.operators)",
                "content-length-range: \(Self.size)", "bucket: \(Self.isMissing)",
            ])
    }

    @Test func permission() throws {
        func isPermission(_ change: (inout PolicySample) -> Void) throws -> Bool {
            do {
                _ = try PolicySample(change).authorize()
                return false
            } catch let violations as PolicyViolations {
                return violations.areAllOfPermission
            }
        }
        #expect(try isPermission { $0.user = "sam" })
        #expect(
            try isPermission {
                $0.user = "sam"; $0.rules.bucket = "other"; $0.rules.acl = "x"
            })
        #expect(
            try !isPermission {
                $0.user = "sam"; $0.replace("x-amz-date")
            })
    }

    @Test func withoutAnACL() throws {
        let without = PolicySample {
            $0.rules.acl = nil; $0.replace("acl")
        }
        #expect(try without.problems().isEmpty)
        let with = PolicySample { $0.rules.acl = nil }
        #expect(try with.problems() == ["acl: No ACL may be sent: leave this condition out!"])
    }

    @Test func types() throws {
        let sample = PolicySample {
            $0.rules.contentTypes = ["video/*", "application/pdf"].compactMap(ContentTypePattern.init)
        }
        let message = "Content-Type: Content-Type 'image/png' is not allowed; allowed: video/*, application/pdf"
        #expect(try sample.problems() == [message])
        var other = sample
        other.replace("Content-Type", by: #"{"Content-Type":"VIDEO/mp4"}"#)
        #expect(try other.problems().isEmpty)
        // An iframe never sends one; completion settles it.
        other.replace("Content-Type")
        #expect(try other.problems().isEmpty)
    }

    @Test func strictKeys() throws {
        let sample = PolicySample { $0.replace("key", by: #"{"key":"frodo/a b"}"#) }
        #expect(try sample.problems().isEmpty)
        var strict = sample
        strict.rules.keyCharacters = .strict
        #expect(try strict.problems() == ["key: Invalid character in key"])
    }

    @Test func metadataIsBounded() throws {
        // `qqfilename` and `cat.png` are 17 bytes, `a` is one.
        func sample(_ length: Int) -> PolicySample {
            PolicySample { $0.conditions.append("{\"x-amz-meta-a\":\"\(String(repeating: "x", count: length))\"}") }
        }
        #expect(try sample(2048 - 18).problems().isEmpty)
        let message = "x-amz-meta-*: All metadata names and values together should have at most 2048 bytes"
        #expect(try sample(2048 - 17).problems() == [message])
        let name = String(repeating: "n", count: 64)
        #expect(try PolicySample { $0.conditions.append("{\"x-amz-meta-\(name)\":\"\"}") }.problems().isEmpty)
        #expect(try PolicySample { $0.conditions.append("{\"x-amz-meta-\(name)n\":\"\"}") }.problems().count == 1)
    }

    @Test func keyManagement() throws {
        var sample = PolicySample { $0.conditions.append(#"{"x-amz-server-side-encryption-aws-kms-key-id":"k-1"}"#) }
        sample.rules.encryptionKeyIDs = ["k-1"]
        #expect(try sample.problems().isEmpty)
        sample.rules.encryptionKeyIDs = ["k-2"]
        #expect(try sample.problems() == ["x-amz-server-side-encryption-aws-kms-key-id: Should be one of: k-2"])
    }

    @Test func sessionTokens() throws {
        var sample = PolicySample { $0.credentials = PolicySample.temporary }
        let missing = try sample.problems()
        #expect(
            missing.count == 1
                && missing[0].hasPrefix("x-amz-security-token: This site signs with temporary credentials"))
        #expect(missing[0].contains("setCredentials") && !missing[0].contains("TO/KEN"))
        sample.conditions.append(#"{"x-amz-security-token":"TO/KEN="}"#)
        #expect(try sample.problems().isEmpty)
        sample.replace("x-amz-security-token", by: #"{"x-amz-security-token":"other"}"#)
        #expect(
            try sample.problems() == [
                "x-amz-security-token: Should be the session token of this site's own credentials"
            ])
    }

    @Test func versions() throws {
        var sample = PolicySample {
            $0.conditions = PolicySample.version2; $0.rules.signatureVersions = [.v4]
        }
        let only4 = "x-amz-algorithm: This site signs version 4 only: set signature: {version: 4} in Fine Uploader"
        #expect(try sample.problems() == [only4])
        sample.conditions = PolicySample.version4
        #expect(try sample.problems().isEmpty)
        sample.rules.signatureVersions = [.v2]
        #expect(
            try sample.problems() == ["x-amz-algorithm: This site signs version 2 only: set signature: {version: 2}"])
        sample.conditions = PolicySample.version2
        #expect(try sample.problems().isEmpty)
        // `?v4=true` and a policy of version 2.
        sample.rules.signatureVersions = [.v2, .v4]
        sample.expectedVersion = .v4
        let names = ["x-amz-algorithm", "x-amz-credential", "x-amz-date"]
        #expect(try sample.problems() == names.map { "\($0): \(Self.isMissing)" })
    }

    /// The clock that the client used, the day in its credential, and whether that passes at the given moment.
    @Test(
        arguments: [
            ("20261122T123456Z", "20261122T123456Z", "20261122", nil),
            ("20261122T123456Z", "20261122T124956Z", "20261122", nil),
            ("20261122T123456Z", "20261122T121956Z", "20261122", nil),
            ("20261122T123456Z", "20261122T124957Z", "20261122", "x-amz-date"),
            ("20261122T123456Z", "20261122T121955Z", "20261122", "x-amz-date"),
            ("20261122T123456Z", "20271122T123456Z", "20271122", "x-amz-date"),
            // Around midnight the corrected time and the uncorrected day may differ.
            ("20261122T235000Z", "20261123T000000Z", "20261123", nil),
            ("20261122T235000Z", "20261123T000000Z", "20261122", nil),
            ("20261123T000500Z", "20261122T235500Z", "20261122", nil),
            ("20261123T000500Z", "20261123T000500Z", "20261122", nil),
            ("20261123T001500Z", "20261123T001500Z", "20261122", "x-amz-credential"),
            ("20261123T001459Z", "20261123T001459Z", "20261122", nil),
            ("20261122T234500Z", "20261122T234500Z", "20261123", nil),
            ("20261122T234459Z", "20261122T234459Z", "20261123", "x-amz-credential"),
            ("20261122T120000Z", "20261122T120000Z", "20261121", "x-amz-credential"),
            ("20261231T235959Z", "20270101T000000Z", "20270101", nil),
            ("20280229T000100Z", "20280228T235900Z", "20280228", nil),
        ] as [(String, String, String, String?)])
    func clocks(now: String, date: String, day: String, refused: String?) throws {
        let time = try SigningTime(parsing: ByteString(now), as: .basic)
        let sample = PolicySample { sample in
            sample.now = time
            sample.replace("x-amz-date", by: "{\"x-amz-date\":\"\(date)\"}")
            sample.replace(
                "x-amz-credential", by: "{\"x-amz-credential\":\"AKIDEXAMPLE/\(day)/us-east-1/s3/aws4_request\"}")
        }
        #expect(try sample.problems().map { String($0.prefix { $0 != ":" }) } == (refused.map { [$0] } ?? []))
    }

    /// A site's own code may build a policy by hand: what is no number never gets into the document.
    @Test(arguments: ["1},{\"acl\":\"public-read\"", "", "1 ", "0x1", "1,2", "\"a\"", "true", "01"])
    func numbersByHand(digits: String) throws {
        let sample = PolicySample { $0.replace("x-amz-meta-qqfilename") }
        var policy = try POSTPolicy(parsing: Array(sample.document.utf8))
        policy.conditions.append(Condition("x-amz-meta-n", .member(.number(ByteString(digits)))))
        #expect(throws: PolicyViolations.self) { try sample.authorize(policy) }
        policy.conditions[policy.conditions.count - 1] = Condition("x-amz-security-token", .member(.number("12")))
        var temporary = sample
        temporary.credentials = Credentials(accessKeyID: "AKIDEXAMPLE", secret: Secret("s"), sessionToken: "12")
        #expect(throws: PolicyViolations.self) { try temporary.authorize(policy) }
    }

    /// Names in messages are cut, and stay UTF-8.
    @Test func longNamesAreCut() throws {
        let name = String(repeating: "a", count: 79) + "éé"
        let problems = try PolicySample { $0.conditions.append("{\"\(name)\":\"x\"}") }.authorizeError()
        guard case .condition(let shown)? = problems.first?.place else {
            Issue.record("no element is named")
            return
        }
        #expect(shown.string != nil && shown.count <= 83)
    }
}

extension PolicySample {
    fileprivate func authorizeError() throws -> [PolicyViolation] {
        do {
            _ = try authorize()
            return []
        } catch let violations as PolicyViolations {
            return violations.all
        }
    }
}
