import Testing

@testable import S3Authorization

/// The signatures printed in AWS's documentation, of both versions.
struct DocumentedTests {
    struct Vector: Decodable {
        let name: String
        let kind: String
        let expectedSignature: String
        let accessKey: String?
        let secretKey: String
        let region: String?
        let service: String?
        let date: String?
        let method: String?
        let canonicalUri: String?
        let canonicalQuery: String?
        let headers: [String: String]?
        let signedHeaders: String?
        let payloadHash: String?
        let canonicalRequest: String?
        let stringToSign: String?
        let policy: String?
        let policyBase64: String?
        let signingKeyHex: String?
        let body: String?

        var signer: Signer {
            get throws {
                let credentials = Credentials(accessKeyID: ByteString(accessKey ?? ""), secret: Secret(secretKey))
                return try Signer(
                    credentials: credentials, region: ByteString(region ?? "us-east-1"),
                    service: ByteString(service ?? "s3"))
            }
        }

        var time: SigningTime {
            get throws { try SigningTime(parsing: ByteString(date ?? "20130524T000000Z"), as: .basic) }
        }
    }

    private func vectors(_ kind: String, count: Int) throws -> [Vector] {
        let vectors: [Vector] = try Vectors.load("aws_docs")
        #expect(vectors.count >= 29)
        let ofKind = vectors.filter { $0.kind == kind }
        #expect(ofKind.count >= count)
        return ofKind
    }

    @Test(arguments: [("post-v4", 1), ("post-v2", 2)]) func policies(kind: String, count: Int) throws {
        for vector in try vectors(kind, count: count) {
            let encoded = try Base64.encode(ByteString(#require(vector.policy)))
            #expect(encoded.string == vector.policyBase64, "\(vector.name)")
            #expect(encoded.string == vector.stringToSign, "\(vector.name)")
            if kind == "post-v4" {
                let key = try vector.signer.key(at: vector.time)
                #expect(key.signature(of: StringToSign(encodedPolicy: encoded)).string == vector.expectedSignature)
                let chain = try SigningKey.chain(
                    secret: Secret(vector.secretKey), scope: vector.signer.scope(at: vector.time))
                #expect(chain.signing == bytes(hexadecimal: try #require(vector.signingKeyHex)))
            } else {
                let string = SignatureV2.StringToSign(encodedPolicy: encoded)
                #expect(try vector.signer.keyV2.signature(of: string).string == vector.expectedSignature)
            }
        }
    }

    @Test func restVersion2() throws {
        for vector in try vectors("rest-v2", count: 9) {
            let string = ByteString(try #require(vector.stringToSign))
            #expect(try vector.signer.keyV2.signature(of: string).string == vector.expectedSignature, "\(vector.name)")
        }
    }

    /// The upload of the documentation, built from its parts: repeated headers are joined, case is dropped.
    @Test func uploadVersion2() throws {
        let vector = try #require(vectors("rest-v2", count: 9).first { $0.name == "v2_rest_upload" })
        let string = SignatureV2.StringToSign(
            method: "PUT",
            headers: [
                HeaderField("User-Agent", "curl/7.15.5"),
                HeaderField("x-amz-acl", "public-read"),
                HeaderField("content-type", "application/x-download"),
                HeaderField("Content-MD5", "4gJE4saaMU4BqNR0kLY+lw=="),
                HeaderField("X-Amz-Meta-ReviewedBy", "joe@johnsmith.net"),
                HeaderField("X-Amz-Meta-ReviewedBy", "jane@johnsmith.net"),
                HeaderField("X-Amz-Meta-FileChecksum", "0x02661779"),
                HeaderField("X-Amz-Meta-ChecksumAlgorithm", "crc32"),
            ],
            date: "Tue, 27 Mar 2007 21:06:08 +0000",
            resource: .init(bucket: "static.johnsmith.net", key: "db-backup.dat.gz", query: []))
        #expect(string.text.string == vector.stringToSign)
    }

    @Test func restVersion4() throws {
        for vector in try vectors("rest-v4", count: 7) {
            let canonical: ByteString
            if let headers = vector.headers {
                let canonicalHeaders = CanonicalHeaders(
                    headers.map { HeaderField(ByteString($0.key), ByteString($0.value)) })
                #expect(canonicalHeaders.names.string == vector.signedHeaders, "\(vector.name)")
                if let body = vector.body {
                    #expect(PayloadHash(of: Array(body.utf8)).text.string == vector.payloadHash, "\(vector.name)")
                }
                canonical =
                    try CanonicalRequest(
                        method: ByteString(#require(vector.method)),
                        path: CanonicalPath(ByteString(#require(vector.canonicalUri))),
                        query: CanonicalQuery(parameters(vector.canonicalQuery ?? "")),
                        headers: canonicalHeaders,
                        payloadHash: PayloadHash(known: ByteString(#require(vector.payloadHash)))
                    ).text
                #expect(canonical.string == vector.canonicalRequest, "\(vector.name)")
            } else {
                canonical = ByteString(try #require(vector.canonicalRequest))
            }
            let (signer, time) = try (vector.signer, vector.time)
            let string = StringToSign(canonicalRequest: canonical, time: time, scope: signer.scope(at: time))
            #expect(string.text.string == vector.stringToSign, "\(vector.name)")
            #expect(signer.key(at: time).signature(of: string).string == vector.expectedSignature, "\(vector.name)")
        }
    }

    @Test func presignedVersion4() throws {
        for vector in try vectors("presign-v4", count: 1) {
            let request = try S3Request(
                method: "GET", endpoint: Endpoint(parsing: "https://s3.amazonaws.com"), addressing: .virtual,
                bucket: "examplebucket", key: "test.txt")
            let lifetime = try #require(PresignedQuery.Lifetime(seconds: 86_400))
            let presigned = try PresignedQuery(request, signer: vector.signer, time: vector.time, lifetime: lifetime)
            #expect(presigned.canonicalRequest.text.string == vector.canonicalRequest)
            #expect(presigned.stringToSign.text.string == vector.stringToSign)
            #expect(presigned.signature.string == vector.expectedSignature)
        }
    }

    /// Chunks of a streamed body: other strings, the same key and signature.
    @Test func chunksVersion4() throws {
        for vector in try vectors("chunk-v4", count: 7) {
            let string = ByteString(try #require(vector.stringToSign))
            let signature = try vector.signer.key(at: vector.time).signature(of: string)
            #expect(signature.string == vector.expectedSignature, "\(vector.name)")
        }
    }

    /// The two printed derivations, with every link of the older one.
    @Test func derivation() throws {
        let vectors = try vectors("derive-key", count: 2)
        let secret = Secret(vectors[0].secretKey)
        for (date, vector) in [("20150830", vectors[0]), ("20120215", vectors[1])] {
            let scope = try CredentialScope(parsing: ByteString("\(date)/us-east-1/iam/aws4_request"))
            let chain = SigningKey.chain(secret: secret, scope: scope)
            #expect(Hexadecimal.encode(chain.signing).string == vector.expectedSignature, "\(vector.name)")
        }
        let chain = try SigningKey.chain(
            secret: secret, scope: CredentialScope(parsing: "20120215/us-east-1/iam/aws4_request"))
        #expect(
            Hexadecimal.encode(chain.date) == "969fbb94feb542b71ede6f87fe4d5fa29c789342b0f407474670f0c2489e0a0d")
        #expect(
            Hexadecimal.encode(chain.region) == "69daa0209cd9c5ff5c8ced464a696fd4252e981430b10e3d3fd8e2f197d7a70c")
        #expect(
            Hexadecimal.encode(chain.service) == "f72cfd46f26bc4643f06a11eabb6c0ba18780c19a8da0c31ace671265e3c87fa")
    }

    private func parameters(_ query: String) throws -> [QueryParameter] {
        try query.split(separator: "&").map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return try QueryParameter(
                PercentEncoding.decode(ByteString(sides[0])), PercentEncoding.decode(ByteString(sides[1])))
        }
    }
}
