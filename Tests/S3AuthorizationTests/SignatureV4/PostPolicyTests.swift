import Testing

@testable import S3Authorization

/// POST policies: the signature is made over the Base 64 text of the policy's bytes.
struct PostPolicyTests {
    struct Vector: Decodable {
        struct Input: Decodable {
            let accessKey: String
            let secretKey: String
            let region: String
            let now: String
            let nowUnix: Int64
            let policy: String
            let policyBase64: String
        }
        struct Output: Decodable {
            let signature: String
            let stringToSign: String
            let policyBase64: String
            let fields: [String: String]
        }
        let id: String
        let `in`: Input
        let out: Output
    }

    @Test func version4() throws {
        let vectors: [Vector] = try Vectors.load("botocore_post_v4")
        #expect(vectors.count >= 48)
        for vector in vectors {
            let time = try SigningTime(parsing: ByteString(vector.in.now), as: .basic)
            #expect(time.secondsSince1970 == vector.in.nowUnix)
            let encoded = Base64.encode(ByteString(vector.in.policy))
            #expect(encoded == ByteString(vector.out.policyBase64), "\(vector.id)")
            #expect(encoded == ByteString(vector.in.policyBase64), "\(vector.id)")
            #expect(try Base64.decode(encoded) == Array(vector.in.policy.utf8), "\(vector.id)")
            let string = StringToSign(encodedPolicy: encoded)
            #expect(string.text == ByteString(vector.out.stringToSign), "\(vector.id)")
            let scope = try CredentialScope(time: time, region: ByteString(vector.in.region))
            let credential = Credential(accessKeyID: ByteString(vector.in.accessKey), scope: scope)
            #expect(credential.text.string == vector.out.fields["x-amz-credential"], "\(vector.id)")
            let key = SigningKey(secret: Secret(vector.in.secretKey), scope: scope)
            #expect(key.signature(of: string) == ByteString(vector.out.signature), "\(vector.id)")
        }
    }

    @Test func version2() throws {
        let vectors: [Vector] = try Vectors.load("botocore_post_v2")
        #expect(vectors.count >= 32)
        for vector in vectors {
            let encoded = Base64.encode(ByteString(vector.in.policy))
            let string = SignatureV2.StringToSign(encodedPolicy: encoded)
            #expect(string.text == ByteString(vector.out.stringToSign), "\(vector.id)")
            let key = SignatureV2.SigningKey(secret: Secret(vector.in.secretKey))
            #expect(key.signature(of: string) == ByteString(vector.out.signature), "\(vector.id)")
        }
    }
}
