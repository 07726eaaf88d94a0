import Testing

@testable import S3Authorization

struct PresignedQueryTests {
    struct Vector: Decodable {
        struct Output: Decodable {
            let canonicalRequest: String
            let host: String
            let path: String
            let query: [[String]]
            let scheme: String
            let stringToSign: String
            let url: String
        }
        struct Query: Decodable {
            let query: [String: String]?
        }
        let id: String
        let `in`: RequestVector
        let inQuery: [QueryParameter]
        let out: Output

        enum CodingKeys: CodingKey { case id, `in`, out }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            id = try container.decode(String.self, forKey: .id)
            `in` = try container.decode(RequestVector.self, forKey: .in)
            inQuery = try (container.decode(Query.self, forKey: .in).query ?? [:])
                .map { QueryParameter(ByteString($0.key), ByteString($0.value)) }
            out = try container.decode(Output.self, forKey: .out)
        }
    }

    @Test(arguments: [("botocore_presigned_put_v4", 60), ("botocore_presigned_multipart_v4", 48)])
    func botocore(file: String, count: Int) throws {
        let vectors: [Vector] = try Vectors.load(file)
        #expect(vectors.count >= count)
        for vector in vectors {
            let request = try vector.in.request(query: vector.inQuery)
            #expect(request.host.string == vector.out.host, "\(vector.id)")
            #expect(request.path.string == vector.out.path, "\(vector.id)")
            let seconds = try #require(vector.in.expiresIn)
            let lifetime = try #require(PresignedQuery.Lifetime(seconds: seconds))
            let (signer, time) = try (vector.in.signer, vector.in.time)
            let presigned = PresignedQuery(request, signer: signer, time: time, lifetime: lifetime)
            #expect(presigned.canonicalRequest.text == ByteString(vector.out.canonicalRequest), "\(vector.id)")
            #expect(presigned.stringToSign.text == ByteString(vector.out.stringToSign), "\(vector.id)")
            let signed = OwnRequest(request).presigned(by: signer, at: time, lifetime: lifetime)
            let url = try ComparableURL(#require(signed.url.string))
            #expect(try url == ComparableURL(vector.out.url), "\(vector.id)")
            #expect(url.query == ComparableURL.sorted(vector.out.query), "\(vector.id)")
            #expect(url.origin == "\(vector.out.scheme)://\(vector.out.host)", "\(vector.id)")
            #expect(signed.headers == request.headers, "\(vector.id)")
        }
    }

    @Test(arguments: [Int.min, -1, 0, 604_801, Int.max]) func lifetimeRefused(seconds: Int) {
        #expect(PresignedQuery.Lifetime(seconds: seconds) == nil)
    }

    @Test(arguments: [1, 604_800]) func lifetimeTaken(seconds: Int) {
        #expect(PresignedQuery.Lifetime(seconds: seconds)?.seconds == seconds)
    }
}
