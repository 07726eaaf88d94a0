import Testing

@testable import S3Authorization

/// EvaporateJS's requests: signed only together with the canonical request, and only the ones of an upload in parts.
struct HashedRESTRequestTests {
    private static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    /// One good request, and what is changed in it.
    private struct Sample {
        var method = "POST"
        var path = "/uploads/frodo/a%20b"
        var query = "uploads="
        var headers = ["host": "s3.us-east-1.amazonaws.com", "x-amz-acl": "private", "x-amz-date": "20261122T123456Z"]
        var hash = HashedRESTRequestTests.empty
        var date = "20261122T123456Z"
        var scope = "20261122/us-east-1/s3/aws4_request"
        var algorithm = "AWS4-HMAC-SHA256"
        var rules = UploadRules(bucket: "uploads", region: "us-east-1", maximumSize: 1000)
        var endpoint: ByteString = "https://s3.us-east-1.amazonaws.com"

        init(_ change: (inout Sample) -> Void = { _ in }) {
            change(&self)
        }

        var canonicalRequest: String {
            let names = headers.keys.sorted()
            let lines = names.map { "\($0):\(headers[$0] ?? "")\n" }.joined()
            return "\(method)\n\(path)\n\(query)\n\(lines)\n\(names.joined(separator: ";"))\n\(hash)"
        }

        func stringToSign(_ canonicalRequest: String) -> String {
            let digest = SHA256.digest(of: Array(canonicalRequest.utf8))
            return "\(algorithm)\n\(date)\n\(scope)\n\(Hexadecimal.encode(digest))"
        }

        func authorize(_ text: String? = nil, _ string: String? = nil) throws -> AuthorizedHashedRequest {
            let text = text ?? canonicalRequest
            let request = HashedRESTRequest(
                stringToSign: ByteString(string ?? stringToSign(text)), canonicalRequest: ByteString(text))
            return try rules.authorize(
                request, for: Caller(prefix: try KeyPrefix(user: "frodo")), signedBy: PolicySample.credentials,
                at: try Endpoint(parsing: endpoint), now: PolicySample.now)
        }

        func places() throws -> [String] {
            do {
                _ = try authorize()
                return []
            } catch let error as PolicyViolations {
                return error.all.map { violation in
                    guard case .condition(let place) = violation.place else { return violation.message }
                    return place.description
                }
            }
        }
    }

    /// The signature was computed apart from this program.
    @Test func golden() throws {
        let authorized = try Sample().authorize()
        #expect(authorized.operation == .multipart(.initiate) && authorized.key == "frodo/a b")
        #expect(
            authorized.sign(with: SigningKeyCache()).description
                == "971398cdb004fa584979d24bad57c6c0ba7c937664dff74aaefd12253c76c4d4")
    }

    @Test func operations() throws {
        func sample(_ method: String, _ query: String, _ headers: [String: String] = [:]) -> Sample {
            Sample {
                $0.method = method
                $0.query = query
                $0.headers["x-amz-acl"] = nil
                $0.headers.merge(headers) { $1 }
            }
        }
        var part = sample("PUT", "partNumber=1&uploadId=U", ["content-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="])
        part.hash = "UNSIGNED-PAYLOAD"
        #expect(try part.authorize().operation == .multipart(.uploadPart(1, uploadID: "U")))
        let type = ["content-type": "application/xml; charset=UTF-8"]
        #expect(
            try sample("POST", "uploadId=U", type).authorize().operation == .multipart(.complete(uploadID: "U")))
        #expect(try sample("DELETE", "uploadId=U").authorize().operation == .multipart(.abort(uploadID: "U")))
        let list = sample("GET", "part-number-marker=1000&uploadId=U")
        #expect(try list.authorize().operation == .listParts(uploadID: "U", after: 1000))
        #expect(try sample("HEAD", "").authorize().operation == .head)
    }

    @Test func theBucketInTheHost() throws {
        let authorized = try Sample {
            $0.headers["host"] = "uploads.s3.us-east-1.amazonaws.com"
            $0.path = "/frodo/a%20b"
        }.authorize()
        #expect(authorized.key == "frodo/a b")
        let based = Sample {
            $0.endpoint = "https://s3.us-east-1.amazonaws.com/base"
            $0.path = "/base/uploads/frodo/a"
        }
        #expect(try based.authorize().key == "frodo/a")
    }

    private static let changes: [(@Sendable (inout Sample) -> Void, [String])] = [
        ({ $0.path = "/uploads/sam/a" }, ["key"]), ({ $0.path = "/storage/frodo/a" }, ["bucket"]),
        ({ $0.path = "/uploads/frodo/../sam/a" }, ["key"]), ({ $0.path = "/uploads" }, ["bucket"]),
        (
            {
                $0.method = "GET"; $0.query = ""
            }, ["operation"]
        ),
        (
            {
                $0.method = "DELETE"; $0.query = ""
            }, ["operation"]
        ),
        (
            {
                $0.method = "PUT"; $0.query = "acl="
            }, ["operation"]
        ),
        ({ $0.query = "uploads=&policy=" }, ["operation"]),
        ({ $0.headers["host"] = "s3.us-east-1.amazonaws.com.evil.org" }, ["host"]),
        ({ $0.headers["x-amz-acl"] = "public-read" }, ["x-amz-acl"]),
        ({ $0.headers["x-amz-acl"] = nil }, ["x-amz-acl"]),
        ({ $0.headers["x-amz-date"] = nil }, ["x-amz-date"]),
        ({ $0.headers["x-amz-date"] = "20261122T123457Z" }, ["x-amz-date"]),
        ({ $0.headers["x-amz-copy-source"] = "/storage/x" }, ["x-amz-copy-source"]),
        ({ $0.headers["x-amz-tagging"] = "a=b" }, ["x-amz-tagging"]),
        ({ $0.headers["range"] = "bytes=0-1" }, ["range"]),
        ({ $0.headers["content-type"] = "nonsense" }, ["Content-Type"]),
        ({ $0.headers["content-md5"] = "1B2M2Y8AsgTpgAmY7PhCfg==" }, ["Content-MD5"]),
        ({ $0.hash = "UNSIGNED-PAYLOAD" }, ["x-amz-content-sha256"]),
        ({ $0.hash = String(repeating: "0", count: 64) }, ["x-amz-content-sha256"]),
        ({ $0.scope = "20261122/eu-west-1/s3/aws4_request" }, ["scope"]),
        ({ $0.scope = "20261122/us-east-1/sts/aws4_request" }, ["scope"]),
        ({ $0.scope = "20261121/us-east-1/s3/aws4_request" }, ["scope"]),
        ({ $0.rules.signatureVersions = [.v2] }, ["x-amz-algorithm"]),
    ]

    @Test(arguments: changes.indices) func refused(index: Int) throws {
        let (change, places) = Self.changes[index]
        let found = try Sample(change).places()
        #expect(Set(found).isSuperset(of: places) && !found.isEmpty, "\(found)")
    }

    private static let spelling = "The text should be spelled exactly as S3 spells the request that it is about"

    @Test(arguments: ["/uploads/frodo/%61", "/uploads/frodo/a%2fb", "/uploads/frodo/a!b"])
    func anotherSpelling(path: String) throws {
        #expect(try Sample { $0.path = path }.places() == [Self.spelling])
    }

    /// Signed is what was read: neither a longer string, nor one whose hash is another's.
    @Test func onlyTheTwoTogether() throws {
        let text = Sample().canonicalRequest
        let string = Sample().stringToSign(text)
        let other = Sample { $0.path = "/storage/secret" }
        for (text, string) in [
            (text, other.stringToSign(other.canonicalRequest)), (text, string + "\n"), (text, string + "\nx"),
            (text, "x" + string), (text, string.uppercased()), (text, ""), ("", string),
            (text + "\n", Sample().stringToSign(text + "\n")), ("\n" + text, Sample().stringToSign("\n" + text)),
            (text, string.replacing("AWS4-HMAC-SHA256\n", with: "AWS4-HMAC-SHA256\n\n")),
            (text, string.replacing("AWS4-HMAC-SHA256", with: "AWS4-HMAC-SHA1")),
            (text + String(repeating: "a", count: 20_000), string),
        ] {
            #expect(throws: PolicyViolations.self) { try Sample().authorize(text, string) }
        }
        #expect(throws: Never.self) { try Sample().authorize(text, string) }
    }

    @Test func version2() throws {
        let request = HashedRESTRequest(stringToSign: "POST\n\n\n\nx-amz-date:x\n/b/k?uploads", canonicalRequest: "x")
        #expect(request.violations.map(\.message) == ["Only version 4 is signed: set awsSignatureVersion to '4'"])
    }
}
