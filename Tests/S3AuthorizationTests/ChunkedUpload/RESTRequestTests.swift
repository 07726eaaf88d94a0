import Testing

@testable import S3Authorization

/// Requests of multipart uploads under the rules: one good text, and one change.
struct RESTRequestTests {
    static let good: [(String, MultipartOperation, SignatureVersion)] = [
        (RESTSample.initiate2, .initiate, .v2), (RESTSample.initiate4, .initiate, .v4),
        (RESTSample.part2, .uploadPart(3, uploadID: "2~U.p_1-x"), .v2),
        (RESTSample.part4, .uploadPart(3, uploadID: "2~U.p_1-x"), .v4),
        (RESTSample.complete2, .complete(uploadID: "2~U.p_1-x"), .v2),
        (RESTSample.complete4, .complete(uploadID: "2~U.p_1-x"), .v4),
        (RESTSample.abort2, .abort(uploadID: "2~U.p_1-x"), .v2),
        (RESTSample.abort4, .abort(uploadID: "2~U.p_1-x"), .v4),
    ]

    /// A client's text is what our own requests of the same kind are signed over.
    @Test func areWrittenAsOurOwn() throws {
        let id: ByteString = "2~U.p_1-x"
        let request = try S3Request(
            method: "PUT", endpoint: Endpoint(parsing: "https://s3.example.org:8443"), addressing: .virtual,
            bucket: "uploads", key: "frodo/a b.png",
            query: [QueryParameter("uploadId", id), QueryParameter("partNumber", "3")])
        let headers = CanonicalHeaders([
            HeaderField("x-amz-date", "20261122T123456Z"), HeaderField("Host", request.host),
            HeaderField("x-amz-content-sha256", ByteString(RESTSample.hash)),
        ])
        let four = CanonicalRequest(
            method: "PUT", path: CanonicalPath(request.path), query: CanonicalQuery(request.query), headers: headers,
            payloadHash: PayloadHash(known: ByteString(RESTSample.hash)))
        #expect(RESTSample.part4.hasSuffix("\n\(four.text)"))
        let two = SignatureV2.StringToSign(
            method: "PUT", headers: [HeaderField("X-Amz-Date", "Sun, 22 Nov 2026 12:34:56 GMT")], date: "",
            resource: SignatureV2.CanonicalizedResource(
                bucket: "uploads", key: request.key, query: request.query))
        #expect(two.text == ByteString(RESTSample.part2))
    }

    @Test(arguments: good) func areSigned(_ text: String, operation: MultipartOperation, version: SignatureVersion)
        throws
    {
        let authorized = try RESTSample(text).authorize()
        #expect(authorized.operation == operation && authorized.version == version)
        #expect(authorized.key == "frodo/a b.png")
        #expect(authorized.text == ByteString(text))
        #expect(authorized.contentType == (operation == .initiate && version == .v2 ? "image/png" : nil))
        #expect(authorized.fileName == (operation == .initiate ? "a%20b.png" : nil))
        let secret = PolicySample.credentials.secret
        let signature = authorized.sign(with: SigningKeyCache())
        switch version {
        case .v2: #expect(signature == SignatureV2.SigningKey(secret: secret).signature(of: ByteString(text)))
        case .v4:
            let scope = try CredentialScope(parsing: "20261122/us-east-1/s3/aws4_request")
            let lines = text.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false)
            let hashed = Hexadecimal.encode(SHA256.digest(of: ByteString(String(lines[3]))))
            let stringToSign = lines[..<3].joined(separator: "\n") + "\n\(hashed)"
            #expect(signature == SigningKey(secret: secret, scope: scope).signature(of: ByteString(stringToSign)))
        }
    }

    /// Every change of one byte in a good text that keeps its lines is refused, or leaves what is not bound: the file
    /// name, the part number, the ids, the type and the key's own name.
    @Test(arguments: good) func oneByteOtherwise(
        _ text: String, operation: MultipartOperation, version: SignatureVersion
    ) throws {
        let bytes = Array(text.utf8)
        for index in bytes.indices {
            for byte in [bytes[index] ^ 1, UInt8(ascii: "\n"), UInt8(ascii: ":"), UInt8(ascii: "%"), 0, 0x0d, 0xc3] {
                guard byte != bytes[index] else { continue }
                var changed = bytes
                changed[index] = byte
                let sample = RESTSample(text)
                let caller = Caller(prefix: try KeyPrefix(user: "frodo"))
                let authorized = try? sample.rules.authorize(
                    RESTRequest(text: ByteString(changed)), for: caller, signedBy: sample.credentials,
                    at: Endpoint(parsing: ByteString(sample.endpoint)), addressing: .virtual, now: sample.now)
                guard let authorized else { continue }
                #expect(authorized.text.bytes.elementsEqual(changed))
                #expect(authorized.key.hasPrefix("frodo/"))
                #expect(authorized.operation.name.description == operation.name.description)
            }
        }
    }

    static let changes2: [(String, String, String)] = [
        ("POST\n", "POST \n", "operation"), ("POST\n", "GET\n", "operation"), ("?uploads", "?uploads&acl", "operation"),
        ("?uploads", "?uploads=acl", "operation"), ("?uploads", "", "operation"), ("?uploads", "?", "operation"),
        ("?uploads", "?uploads=", "text"), ("?uploads", "?Uploads", "operation"),
        ("/uploads/frodo", "/storage/frodo", "bucket: Bucket should be 'uploads'!"),
        ("/uploads/frodo", "/Uploads/frodo", "bucket: Bucket should be 'uploads'!"),
        ("/uploads/frodo", "//frodo", "bucket: Invalid bucket name"),
        ("/frodo/", "/sam/", "key: Key should start with 'frodo/'!"),
        ("/frodo/", "/frodo2/", "key: Key should start with 'frodo/'!"),
        ("/frodo/", "/frodo/../sam/", "key: Key should not have an empty, '.' or '..' segment"),
        ("/frodo/", "/frodo/%2E%2E/sam/", "key: Key should be percent-encoded, each byte in the same way"),
        ("/frodo/", "/frodo/%2e%2e/sam/", "key: Key should be percent-encoded"),
        ("/frodo/", "/frodo//", "key: Key should not have an empty"), ("a%20b", "a%5Cb", "key: Invalid character"),
        ("a%20b", "a%2520b", "key: Invalid character"), ("a%20b", "a b", "key: Key should be percent-encoded"),
        ("a%20b", "a%2", "key: Key should be percent-encoded"), ("a%20b", "a%C3", "key: Invalid character"),
        ("a%20b", "a%00b", "key: Invalid character"), ("a%20b", "a%0Ab", "key: Invalid character"),
        ("a%20b", "a%2fb", "key: Key should be percent-encoded"),
        ("a%20b", "%24%7Bfilename%7D", "key: Key should not use ${filename}"),
        ("POST\n\n", "POST\nMDU=\n", "Content-MD5: Should be empty"),
        ("image/png\n\n", "image/png\nSun, 22 Nov 2026 12:34:56 GMT\n", "Date: The line should be empty"),
        ("image/png\n\n", "image/png\n4102444800\n", "Date: The line should be empty"),
        ("image/png", "text/html", "Content-Type: Content-Type 'text/html' is not allowed"),
        ("image/png", "image", "Content-Type: Invalid Content-Type"),
        (":private", ":public-read", "x-amz-acl: ACL should be 'private'!"),
        ("x-amz-acl:private\n", "", "x-amz-acl: Required header is missing"),
        ("x-amz-acl:", "X-Amz-Acl:", "X-Amz-Acl: This header may not be signed"),
        ("x-amz-acl:private\n", "x-amz-acl:private\nx-amz-acl:private\n", "x-amz-acl: Duplicate header"),
        ("x-amz-date:Sun, 22 Nov 2026 12:34:56 GMT\n", "", "x-amz-date: Required header is missing"),
        ("12:34:56 GMT", "12:50:57 GMT", "x-amz-date: Should be within 15 minutes of now"),
        ("12:34:56 GMT", "12:18:55 GMT", "x-amz-date: Should be within 15 minutes of now"),
        ("22 Nov 2026", "22 Nov 2096", "x-amz-date: Should be a date"), ("GMT", "UTC", "x-amz-date: Should be a date"),
        ("x-amz-date:", "x-amz-copy-source:/storage/x\nx-amz-date:", "x-amz-copy-source: This header may not be"),
        ("x-amz-date:", "host:x\nx-amz-date:", "host: This header may not be signed"),
        ("x-amz-date:", "x-amz-content-sha256:\(RESTSample.empty)\nx-amz-date:", "x-amz-content-sha256: This header"),
        ("x-amz-meta-q", "x-amz-grant-read:a\nx-amz-meta-q", "x-amz-grant-read: This header may not be signed"),
        ("x-amz-meta-q", "x-amz-meta-Foo:a\nx-amz-meta-q", "x-amz-meta-Foo: This header may not be signed"),
        ("x-amz-meta-q", "x-amz-meta-z:a\nx-amz-meta-q", "x-amz-meta-qqfilename: Should stand before 'x-amz-meta-z'"),
        ("x-amz-meta-qqfilename", "x-amz-algorithm", "x-amz-algorithm: This header may not be signed"),
        ("a%20b.png\n/", "a%20b.png\nx-amz-security-token:T\n/", "x-amz-security-token: Invalid element name"),
        ("a%20b.png\n/", "a%20b.png\nx-amz-storage-class:GLACIER\n/", "x-amz-storage-class: Invalid element name"),
        ("a%20b.png\n/", "a%20b.png\nx-amz-tagging:a=b\n/", "x-amz-tagging: This header may not be signed"),
        ("qqfilename:a%20b", "qqfilename:%FF", "x-amz-meta-qqfilename: Filename should be a valid"),
        ("qqfilename:a%20b", "qqfilename:%0A", "x-amz-meta-qqfilename: Filename should not"),
        ("qqfilename:a", "qqfilename: a", "x-amz-meta-qqfilename: Should have no needless white space"),
        ("b.png\n/", "b.png \n/", "x-amz-meta-qqfilename: Should have no needless white space"),
        ("x-amz-acl", "x-amz-acl\t", "text: The text should be lines of printable ASCII"),
        ("\n", "\r\n", "text: The text should be lines of printable ASCII"),
        ("?uploads", "?uploads\n", "text: The text should be method"),
        ("?uploads", "?uploads\n/uploads/sam/x", "text: Every header line should be"),
        ("x-amz-acl", "/uploads/frodo/a:?uploads\nx-amz-acl", "/uploads/frodo/a: This header may not be signed"),
        ("x-amz-acl:", "", "text: Every header line should be"),
        ("POST", "AWS4-", "text: The text should be algorithm"),
    ]

    @Test(arguments: changes2)
    func version2(_ old: String, _ new: String, problem: String) throws {
        try expect(RESTSample.initiate2, old, new, problem)
    }

    static let changes4: [(String, String, String)] = [
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1", "x-amz-algorithm: Should be 'AWS4-HMAC-SHA256'"),
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256-PAYLOAD", "x-amz-algorithm: Should be 'AWS4-HMAC-SHA256'"),
        ("20261122T123456Z\n20261122/", "20261122T123457Z\n20261122/", "x-amz-date: Should be there, and be the date"),
        ("20261122T123456Z", "20261122T125057Z", "x-amz-date: Should be within 15 minutes"),
        ("20261122T123456Z", "20261122T121855Z", "x-amz-date: Should be within 15 minutes"),
        ("20261122T123456Z", "2026-11-22", "x-amz-date: Should be a date and time"),
        ("20261122/", "20261121/", "scope: The date should be today's"),
        ("us-east-1", "eu-west-1", "scope: The region should be 'us-east-1'"),
        ("/s3/", "/iam/", "scope: The service should be 's3'"), ("/s3/", "//", "scope: Should be <date>"),
        ("aws4_request", "aws4_request/x", "scope: Should be <date>"),
        ("aws4_request", "AWS4_REQUEST", "scope: Should"),
        ("POST", "GET", "operation"), ("uploads=\n", "acl=&uploads=\n", "operation"), ("uploads=\n", "\n", "operation"),
        ("uploads=\n", "uploads\n", "text: The text should be spelled exactly"),
        ("/frodo/", "/sam/", "key: Key should start with 'frodo/'!"),
        ("/frodo/", "/uploads/frodo/", "key: Key should start with 'frodo/'!"),
        ("host:uploads.", "host:storage.", "host: Host should be 'uploads.s3.example.org:8443'!"),
        ("org:8443", "org", "host: Host should be 'uploads.s3.example.org:8443'!"),
        ("org:8443", "org:8443.evil.example", "host: Host should be 'uploads.s3.example.org:8443'!"),
        ("org:8443", "org:8443/", "request.endpoint without a slash at its end!"),
        ("host:uploads.s3.example.org:8443\n", "", "host: Required header is missing"),
        ("host:", "Host:", "Host: This header may not be signed"),
        (":private", ":public-read", "x-amz-acl: ACL should be 'private'!"),
        ("x-amz-content-sha256:e", "x-amz-content-sha256:f", "x-amz-content-sha256: Should be there, and be"),
        (RESTSample.empty, RESTSample.hash, "x-amz-content-sha256: Should be the hash of no bytes"),
        (RESTSample.empty, "UNSIGNED-PAYLOAD", "x-amz-content-sha256: Should be the payload's SHA-256"),
        (RESTSample.empty, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x-amz-content-sha256: Should be the payload's"),
        (RESTSample.empty, RESTSample.empty.uppercased(), "x-amz-content-sha256: Should be the payload's SHA-256"),
        ("x-amz-date:", "x-amz-copy-source:/storage/x\nx-amz-date:", "x-amz-copy-source: This header may not be"),
        ("qqfilename:a%20b", "qqfilename:a  b", "x-amz-meta-qqfilename: Should have no needless white space"),
        ("host;", "", "SignedHeaders: Should name the headers of the text"),
        ("host;", "content-md5;host;", "leave the parameter out"),
        ("\n\nhost;", "\nhost;", "text: The text should be algorithm"),
        ("qqfilename\n", "qqfilename\nx\n", "text: The text should be algorithm"),
        ("uploads=\n", "uploads=\ncontent-type:image/png\n", "content-type: This header may not be signed"),
        ("a%20b.png\n\n", "a%20b.png\nx-amz-tagging:a=b\n\n", "x-amz-tagging: This header may not be signed"),
    ]

    @Test(arguments: changes4)
    func version4(_ old: String, _ new: String, problem: String) throws {
        try expect(RESTSample.initiate4, old, new, problem)
    }

    static let changedParts: [(String, String, String)] = [
        ("partNumber=3", "partNumber=0", "partNumber"), ("partNumber=3", "partNumber=10001", "partNumber"),
        ("partNumber=3", "partNumber=03", "partNumber"), ("partNumber=3", "partNumber=+3", "partNumber"),
        ("partNumber=3", "partNumber=", "partNumber"), ("partNumber=3", "partNumber=3x", "partNumber"),
        ("partNumber=3", "partNumber=٣", "text"), ("partNumber=3&", "", "operation"),
        ("partNumber=3", "partNumber=3&partNumber=4", "operation"),
        ("partNumber=3&uploadId=2~U.p_1-x", "", "operation"),
        ("uploadId=2~U.p_1-x", "uploadId=", "uploadId"), ("uploadId=2~U.p_1-x", "uploadId", "uploadId"),
        ("&uploadId=2~U.p_1-x", "", "operation"), ("2~U.p_1-x", "2%7EU", "uploadId"), ("2~U.p_1-x", "a/b", "uploadId"),
        ("2~U.p_1-x", "a=b", "uploadId"), ("2~U.p_1-x", "a&x=y", "uploadId"), ("2~U.p_1-x", "a&acl", "uploadId"),
        ("x-amz-date:", "x-amz-acl:private\nx-amz-date:", "x-amz-acl: This header may not be signed"),
        ("x-amz-date:", "x-amz-copy-source:/storage/x\nx-amz-date:", "x-amz-copy-source: This header may not"),
        ("x-amz-date:", "x-amz-copy-source-range:bytes=0-1\nx-amz-date:", "x-amz-copy-source-range: This header"),
        ("PUT", "DELETE", "operation"), ("PUT", "put", "operation"), ("partNumber=3&uploadId", "uploadId", "operation"),
    ]

    @Test(arguments: changedParts)
    func parts(_ old: String, _ new: String, problem: String) throws {
        try expect(RESTSample.part2, old, new, problem)
        try expect(RESTSample.part4, old, new, problem)
    }

    @Test(arguments: [
        (RESTSample.complete2, "application/xml; charset", "image/png; charset", "Content-Type: Should be app"),
        (RESTSample.part2, "PUT\n\n\n", "PUT\n\nimage/png\n", "Content-Type: Should be empty"),
        (RESTSample.abort2, "DELETE\n\n\n", "DELETE\n\nimage/png\n", "Content-Type: Should be empty"),
        (RESTSample.abort2, "uploadId=2~U.p_1-x", "uploadId=", "uploadId: Should be 1 to"),
        (RESTSample.abort2, "?uploadId=2~U.p_1-x", "", "operation: Only these are signed"),
        (RESTSample.abort2, "uploadId=2~U.p_1-x", "versionId=1", "operation: Only these are signed"),
        (RESTSample.abort4, RESTSample.empty, RESTSample.hash, "x-amz-content-sha256: Should be the hash of no bytes"),
        (RESTSample.complete4, "POST", "GET", "operation: Only these are signed"),
    ])
    func others(_ text: String, _ old: String, _ new: String, problem: String) throws {
        try expect(text, old, new, problem)
    }

    /// S3 reads the list of parts whatever it is called; what it is called is signed all the same.
    @Test(arguments: ["", "application/xml", "text/xml", "Application/XML;charset=utf-8"])
    func typesOfThePartList(_ type: String) throws {
        let text = RESTSample.complete2.replacing("application/xml; charset=UTF-8", with: type)
        #expect(try RESTSample(text).authorize().text == ByteString(text))
    }

    private func expect(_ text: String, _ old: String, _ new: String, _ problem: String) throws {
        #expect(text.contains(old))
        let problems = try RESTSample(text.replacing(old, with: new)) {
            $0.rules.contentTypes = [ContentTypePattern("image/*")].compactMap(\.self)
        }.problems()
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
    }
}
