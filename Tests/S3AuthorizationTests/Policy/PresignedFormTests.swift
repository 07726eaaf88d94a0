import Testing

@testable import S3Authorization

/// Forms that the site composes itself: they go through the same rules, and hold what was signed and nothing else.
struct PresignedFormTests {
    private static let upload = Upload(
        key: "frodo/u/a b.png", size: 12, contentType: "image/png")
    private static let status = HeaderField("success_action_status", "201")

    private func form(
        _ upload: Upload = Self.upload, _ more: [HeaderField] = [Self.status],
        at url: ByteString = "https://s3.us-east-1.amazonaws.com", _ addressing: Addressing = .virtual,
        _ change: (inout PolicySample) -> Void = { _ in }
    ) throws -> PresignedForm {
        let sample = PolicySample(change)
        let policy = POSTPolicy(
            for: upload, more, under: sample.rules, signedBy: sample.credentials, at: sample.now)
        return try sample.authorize(policy).presigned(
            with: SigningKeyCache(), at: try Endpoint(parsing: url), addressing: addressing)
    }

    /// The signature was computed apart from this program.
    @Test func version4() throws {
        var upload = Self.upload
        upload.metadata = [HeaderField("x-amz-meta-name", "a%20b.png")]
        let form = try form(upload)
        #expect(form.url == "https://uploads.s3.us-east-1.amazonaws.com/")
        #expect(form.expiration.text(.extended) == "2026-11-22T12:39:56Z")
        let conditions: [HeaderField] = [
            HeaderField("acl", "private"), HeaderField("bucket", "uploads"), HeaderField("key", "frodo/u/a b.png"),
            HeaderField("Content-Type", "image/png"), Self.status, HeaderField("x-amz-meta-name", "a%20b.png"),
            HeaderField("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            HeaderField("x-amz-credential", "AKIDEXAMPLE/20261122/us-east-1/s3/aws4_request"),
            HeaderField("x-amz-date", "20261122T123456Z"),
        ]
        #expect(Array(form.fields.dropLast(2)) == conditions)
        let policy = try #require(form.fields.dropLast().last)
        #expect(policy.name == "policy")
        let document = ByteString(try Base64.decode(policy.value)).description
        let members = conditions.map { "{\"\($0.name)\":\"\($0.value)\"}" }.joined(separator: ",")
        #expect(
            document
                == "{\"expiration\":\"2026-11-22T12:39:56Z\",\"conditions\":[\(members),"
                + "[\"content-length-range\",12,12]]}")
        #expect(
            form.fields.last
                == HeaderField(
                    "x-amz-signature", "afdf418999e659476eec252f9606870bf91be890fffbd501816c902c21190fca"))
    }

    @Test func version2() throws {
        let form = try form { $0.rules.signatureVersions = [.v2] }
        #expect(
            form.fields.map(\.name.description) == [
                "acl", "bucket", "key", "Content-Type", "success_action_status", "AWSAccessKeyId", "policy",
                "signature",
            ])
        #expect(form.fields.last?.value == "c8Fq7F0APWDhfH2SC3XOYfK3nkc=")
    }

    @Test func temporaryCredentials() throws {
        let form = try form { $0.credentials = PolicySample.temporary }
        #expect(form.fields.contains(HeaderField("x-amz-security-token", "TO/KEN=")))
    }

    @Test func theLeast() throws {
        let form = try form(Upload(key: "frodo/u/a"), []) { $0.rules.acl = nil }
        #expect(
            form.fields.map(\.name.description) == [
                "bucket", "key", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "policy", "x-amz-signature",
            ])
        let policy = try #require(form.fields.dropLast().last)
        let document = ByteString(try Base64.decode(policy.value)).description
        #expect(document.hasSuffix(#"["content-length-range",0,1000000]]}"#), "a limit without a size")
    }

    /// The object's URL is this one and the key.
    @Test(arguments: [
        ("https://s3.us-east-1.amazonaws.com", Addressing.virtual, "https://uploads.s3.us-east-1.amazonaws.com/"),
        ("https://s3.us-east-1.amazonaws.com", .path, "https://s3.us-east-1.amazonaws.com/uploads/"),
        ("http://127.0.0.1:7480/store", .path, "http://127.0.0.1:7480/store/uploads/"),
        ("http://localhost:7480", .virtual, "http://uploads.localhost:7480/"),
    ])
    func urls(endpoint: String, addressing: Addressing, url: String) throws {
        #expect(try form(at: ByteString(endpoint), addressing).url.description == url)
    }

    /// What the site composes is checked like what a client writes.
    @Test(
        arguments: [
            (Upload(key: "sam/u/a"), [], ["key: Key should start with 'frodo/'!"]),
            (Upload(key: "frodo/../sam/a"), [], ["key: Key should not have an empty, '.' or '..' segment"]),
            (
                Upload(key: "frodo/a", size: 1_000_001), [],
                ["content-length-range: The maximum should be at most 1000000 bytes"]
            ),
            (Upload(key: "frodo/a", contentType: "image"), [], ["Content-Type: Invalid Content-Type"]),
            (
                Upload(key: "frodo/a"), [HeaderField("success_action_status", "302")],
                ["success_action_status: Should be 200, 201 or 204"]
            ),
            (
                Upload(key: "frodo/a"), [HeaderField("success_action_redirect", "https://elsewhere.example/")],
                [
                    "success_action_redirect: Redirects may lead only to this site's own empty_html or to the configured "
                        + "list"
                ]
            ),
            (
                Upload(key: "frodo/a"), [HeaderField("acl", "public-read")],
                [
                    "acl: Duplicate element name", "acl: ACL should be 'private'!",
                ]
            ),
            (Upload(key: "frodo/a"), [HeaderField("x-amz-meta-a b", "x")], ["x-amz-meta-a b: Invalid element name"]),
            (
                Upload(key: "frodo/a"), [HeaderField("x-amz-website-redirect-location", "/")],
                [
                    "x-amz-website-redirect-location: Invalid element name"
                ]
            ),
        ] as [(Upload, [HeaderField], [String])])
    func refused(upload: Upload, more: [HeaderField], problems: [String]) throws {
        let sample = PolicySample()
        let policy = POSTPolicy(
            for: upload, more, under: sample.rules, signedBy: sample.credentials, at: sample.now)
        let violations = #expect(throws: PolicyViolations.self) { try sample.authorize(policy) }
        #expect(violations?.all.map(Self.text) == problems)
    }

    private static func text(_ violation: PolicyViolation) -> String {
        guard case .condition(let element) = violation.place else { return violation.message }
        return "\(element): \(violation.message)" + (violation.kind == .notPermitted ? "!" : "")
    }
}
