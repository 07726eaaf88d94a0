import Testing

@testable import S3Authorization

/// The requests that a client may be given a URL for: these, about its own keys.
struct ObjectOperationTests {
    private static let rules = UploadRules(bucket: "uploads", region: "us-east-1", maximumSize: 1000)

    private func url(
        _ operation: ObjectOperation, on key: ByteString = "frodo/a b", type: ByteString? = nil,
        lifetime: Int64? = nil, _ change: (inout UploadRules) -> Void = { _ in }
    ) throws -> PresignedUpload {
        var rules = Self.rules
        change(&rules)
        let caller = Caller(prefix: try KeyPrefix(user: "frodo"))
        let authorized = try rules.authorize(
            operation, on: key, contentType: type, for: caller, lifetime: lifetime, at: PolicySample.now)
        let signer = try Signer(credentials: PolicySample.credentials, region: "us-east-1")
        let endpoint = try Endpoint(parsing: "https://s3.us-east-1.amazonaws.com")
        return try authorized.presigned(by: signer, at: endpoint, addressing: .virtual)
    }

    private struct Vector: Decodable {
        struct Input: Decodable {
            let operation: String
            let method: String
            let query: [String: String]
        }
        let `in`: Input
    }

    /// botocore sends the same methods and queries.
    @Test func botocore() throws {
        let vectors: [Vector] = try Vectors.load("botocore_presigned_multipart_v4")
        #expect(vectors.count >= 48)
        for vector in vectors {
            // Uppy asks for the first page only.
            let query = vector.in.query.filter { !["part-number-marker", "max-parts"].contains($0.key) }
            let id = ByteString(query["uploadId"] ?? "")
            let operation: ObjectOperation =
                switch vector.in.operation {
                case "create_multipart_upload": .multipart(.initiate)
                case "upload_part": .multipart(.uploadPart(try #require(Int(query["partNumber"] ?? "")), uploadID: id))
                case "list_parts": .listParts(uploadID: id)
                case "complete_multipart_upload": .multipart(.complete(uploadID: id))
                default: .multipart(.abort(uploadID: id))
                }
            #expect(operation.method == ByteString(vector.in.method))
            let ours = operation.query.map { ($0.name.description, $0.value.description) }
            #expect(Dictionary(uniqueKeysWithValues: ours) == query)
        }
    }

    /// The signatures were computed apart from this program.
    @Test(
        arguments: [
            (.put, "x-amz-acl=private", "4d18be25beed05c8a0828a68b0f63fda4c10835db969c9590557c843062ee133"),
            (
                .multipart(.initiate), "uploads=&x-amz-acl=private",
                "65c165e6f7332260b5561f05181284e0767a96e90778847d3a2241e758790c9f"
            ),
            (
                .multipart(.uploadPart(3, uploadID: "2~U.i_d-1")), "partNumber=3&uploadId=2~U.i_d-1",
                "9eef4781fcf8459ab3a1f931bc0272d49d063c3c89de53881040c6060ce446c0"
            ),
            (
                .listParts(uploadID: "2~U.i_d-1"), "uploadId=2~U.i_d-1",
                "817db7d6dd3ec1b30a414152a1a9f36b08b81cf6566773f76d5c45c074607944"
            ),
            (
                .multipart(.complete(uploadID: "2~U.i_d-1")), "uploadId=2~U.i_d-1",
                "b025aa811b5f69f22ce00c063f6a9852d6eed68eb8fe7c11c31197d2b9c21f48"
            ),
            (
                .multipart(.abort(uploadID: "2~U.i_d-1")), "uploadId=2~U.i_d-1",
                "28fc34b31e4f48871390b6308787f697c717e46cb0242ffde60d66bd91e8a6b2"
            ),
            (.delete, "", "50e13d98c8250e818ca657dd60ef503f8b0796bc0b405c8a55c3c90a1e05d126"),
        ] as [(ObjectOperation, String, String)])
    func urls(operation: ObjectOperation, query: String, signature: String) throws {
        let signed = try url(operation)
        let text = signed.url.description
        #expect(signed.headers.isEmpty)
        #expect(text.hasPrefix("https://uploads.s3.us-east-1.amazonaws.com/frodo/a%20b?"))
        #expect(text.contains("X-Amz-SignedHeaders=host&"))
        let pairs = text.split(separator: "?")[1].split(separator: "&").filter { !$0.hasPrefix("X-Amz-") }
        #expect(pairs.joined(separator: "&") == query)
        #expect(text.hasSuffix("X-Amz-Signature=\(signature)"))
    }

    @Test func aTypeIsSignedWhereAnObjectIsMade() throws {
        #expect(try url(.put, type: "image/png").headers == [HeaderField("content-type", "image/png")])
        #expect(try url(.multipart(.initiate), type: "image/png").headers.count == 1)
        #expect(try url(.delete, type: "nonsense").headers.isEmpty)
    }

    @Test(arguments: [(nil, 300), (60, 60), (0, 1), (301, 300), (.max, 300)] as [(Int64?, Int)])
    func lifetimes(lifetime: Int64?, seconds: Int) throws {
        #expect(try url(.put, lifetime: lifetime).url.description.contains("&X-Amz-Expires=\(seconds)&"))
    }

    @Test(
        arguments: [
            (.put, "sam/a", nil, "key", "Key should start with 'frodo/'"),
            (.put, "frodo/", nil, "key", "Key should not have an empty, '.' or '..' segment"),
            (.put, "frodo/a\u{202e}", nil, "key", "Invalid character in key"),
            (.put, "frodo/a", "text/html", "Content-Type", "Content-Type 'text/html' is not allowed; allowed: image/*"),
            (
                .multipart(.uploadPart(0, uploadID: "u")), "frodo/a", nil, "partNumber",
                "Should be a whole number from 1 to 10000"
            ),
            (
                .multipart(.uploadPart(10_001, uploadID: "u")), "frodo/a", nil, "partNumber",
                "Should be a whole number from 1 to 10000"
            ),
            (.listParts(uploadID: ""), "frodo/a", nil, "uploadId", "Invalid upload id"),
            (.multipart(.abort(uploadID: "a b")), "frodo/a", nil, "uploadId", "Invalid upload id"),
            (.multipart(.complete(uploadID: "a\n")), "frodo/a", nil, "uploadId", "Invalid upload id"),
        ] as [(ObjectOperation, ByteString, ByteString?, ByteString, String)])
    func refused(
        operation: ObjectOperation, key: ByteString, type: ByteString?, place: ByteString, message: String
    ) throws {
        let violations = #expect(throws: PolicyViolations.self) {
            try url(operation, on: key, type: type) {
                $0.contentTypes = ["image/*"].compactMap(ContentTypePattern.init)
            }
        }
        #expect(violations?.all.map(\.place) == [.condition(place)])
        #expect(violations?.all.map(\.message) == [message])
    }

    @Test func metadataOfAPut() throws {
        let caller = Caller(prefix: try KeyPrefix(user: "frodo"))
        func problems(_ metadata: [HeaderField]) -> [String] {
            var upload = Upload(key: "frodo/a")
            upload.metadata = metadata
            do throws(PolicyViolations) {
                _ = try Self.rules.authorize(upload, for: caller, at: PolicySample.now)
                return []
            } catch {
                return error.all.map(\.message)
            }
        }
        #expect(problems([HeaderField("x-amz-meta-a", "1"), HeaderField("x-amz-meta-b", "2")]) == [])
        #expect(
            problems([HeaderField("x-amz-meta-a", "1"), HeaderField("x-amz-meta-A", "2")]) == [
                "Duplicate element name"
            ])
        #expect(problems([HeaderField("x-amz-acl", "public-read")]) == ["Invalid element name"])
        #expect(problems([HeaderField("x-amz-meta-", "1")]) == ["Invalid element name"])
        #expect(problems([HeaderField("x-amz-meta-a", "é")]).first?.hasPrefix("Should be printable ASCII") == true)
        let long = ByteString(String(repeating: "a", count: 2047))
        #expect(problems([HeaderField("x-amz-meta-a", long)]) == [])
        #expect(problems([HeaderField("x-amz-meta-ab", long)]).first?.contains("at most 2048 bytes") == true)
    }
}
