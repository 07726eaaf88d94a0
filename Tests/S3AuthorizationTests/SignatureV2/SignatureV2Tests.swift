import Testing

@testable import S3Authorization

struct SignatureV2Tests {
    struct Header: Decodable {
        struct Input: Decodable {
            let host: String
            let rawPath: String
            let query: [[String]]
            let url: String
        }
        struct Output: Decodable {
            let authorization: String
            let date: String
            let signature: String
            let stringToSign: String
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

    @Test func headers() throws {
        let vectors: [Header] = try Vectors.load("botocore_header_v2")
        #expect(vectors.count == 32)
        for vector in vectors {
            let request = try vector.request.request(
                query: vector.in.query.map { QueryParameter(ByteString($0[0]), ByteString($0[1])) })
            #expect(request.host.string == vector.in.host, "\(vector.id)")
            #expect(request.path.string == vector.in.rawPath, "\(vector.id)")
            let (signer, time) = try (vector.request.signer, vector.request.time)
            let authorization = SignatureV2.HeaderAuthorization(request, signer: signer, time: time)
            #expect(authorization.stringToSign.text == ByteString(vector.out.stringToSign), "\(vector.id)")
            #expect(authorization.signature == ByteString(vector.out.signature), "\(vector.id)")

            var headers = request.headers + [HeaderField("Date", ByteString(vector.out.date))]
            if let token = vector.out.xAmzSecurityToken {
                headers.append(HeaderField("x-amz-security-token", ByteString(token)))
            }
            headers.append(HeaderField("Authorization", ByteString(vector.out.authorization)))
            let signed = OwnRequest(request).authorizedV2(by: signer, at: time)
            #expect(signed.headers == headers, "\(vector.id)")
            #expect(try ComparableURL(#require(signed.url.string)) == ComparableURL(vector.in.url), "\(vector.id)")
        }
    }

    struct Presigned: Decodable {
        struct Output: Decodable {
            let host: String
            let path: String
            let query: [[String]]
            let scheme: String
            let stringToSign: String
            let url: String
        }
        let id: String
        let `in`: RequestVector
        let out: Output
    }

    @Test func presigned() throws {
        let vectors: [Presigned] = try Vectors.load("botocore_presigned_put_v2")
        #expect(vectors.count == 32)
        for vector in vectors {
            let request = try vector.in.request(query: [])
            let expires = try vector.in.time.adding(seconds: Int64(#require(vector.in.expiresIn)))
            let presigned = try SignatureV2.PresignedQuery(request, signer: vector.in.signer, expires: expires)
            #expect(presigned.stringToSign.text == ByteString(vector.out.stringToSign), "\(vector.id)")
            let signed = try OwnRequest(request).presignedV2(by: vector.in.signer, expires: expires)
            let url = try ComparableURL(#require(signed.url.string))
            #expect(try url == ComparableURL(vector.out.url), "\(vector.id)")
            #expect(url.query == ComparableURL.sorted(vector.out.query), "\(vector.id)")
            #expect(url.origin == "\(vector.out.scheme)://\(vector.out.host)", "\(vector.id)")
            #expect(url.path == vector.out.path, "\(vector.id)")
            #expect(!signed.headers.contains { $0.name.hasPrefix("x-amz-") })
        }
    }
}
