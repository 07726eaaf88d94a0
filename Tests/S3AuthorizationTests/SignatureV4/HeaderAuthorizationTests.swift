import Testing

@testable import S3Authorization

struct HeaderAuthorizationTests {
    struct Vector: Decodable {
        struct Input: Decodable {
            let body: String
            let host: String
            let rawPath: String
            let query: [[String]]
            let unsignedPayload: Bool
            let url: String
        }
        struct Output: Decodable {
            let authorization: String
            let canonicalRequest: String
            let signature: String
            let stringToSign: String
            let xAmzContentSha256: String
            let xAmzDate: String
            let xAmzSecurityToken: String?
        }
        let id: String
        let request: RequestVector
        let `in`: Input
        let out: Output

        enum CodingKeys: CodingKey { case id, `in`, out }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            id = try container.decode(String.self, forKey: .id)
            request = try container.decode(RequestVector.self, forKey: .in)
            `in` = try container.decode(Input.self, forKey: .in)
            out = try container.decode(Output.self, forKey: .out)
        }
    }

    @Test func botocore() throws {
        let vectors: [Vector] = try Vectors.load("botocore_header_v4")
        #expect(vectors.count >= 80)
        for vector in vectors {
            let request = try vector.request.request(
                query: vector.in.query.map { QueryParameter(ByteString($0[0]), ByteString($0[1])) })
            #expect(request.host.string == vector.in.host, "\(vector.id)")
            #expect(request.path.string == vector.in.rawPath, "\(vector.id)")
            let payloadHash = vector.in.unsignedPayload ? .unsigned : PayloadHash(of: Array(vector.in.body.utf8))
            #expect(payloadHash.text.string == vector.out.xAmzContentSha256, "\(vector.id)")
            let (signer, time) = try (vector.request.signer, vector.request.time)
            let authorization = HeaderAuthorization(request, payloadHash: payloadHash, signer: signer, time: time)
            #expect(authorization.canonicalRequest.text == ByteString(vector.out.canonicalRequest), "\(vector.id)")
            #expect(authorization.stringToSign.text == ByteString(vector.out.stringToSign), "\(vector.id)")
            #expect(authorization.signature == ByteString(vector.out.signature), "\(vector.id)")

            var headers = request.headers
            headers.append(HeaderField("x-amz-date", ByteString(vector.out.xAmzDate)))
            headers.append(HeaderField("x-amz-content-sha256", ByteString(vector.out.xAmzContentSha256)))
            if let token = vector.out.xAmzSecurityToken {
                headers.append(HeaderField("x-amz-security-token", ByteString(token)))
            }
            headers.append(HeaderField("Authorization", ByteString(vector.out.authorization)))
            let signed = OwnRequest(request).authorized(by: signer, at: time, payloadHash: payloadHash)
            #expect(Set(signed.headers) == Set(headers) && signed.headers.count == headers.count, "\(vector.id)")
            #expect(signed.method == request.method)
            #expect(try ComparableURL(#require(signed.url.string)) == ComparableURL(vector.in.url), "\(vector.id)")
        }
    }
}
