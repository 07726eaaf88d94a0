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
        #expect(vectors.count >= 32)
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
        #expect(vectors.count >= 32)
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

/// The rules of version 2 that no vector names one by one.
struct StringToSignV2Tests {
    @Test(arguments: [
        ([], "/b/k"), ([("uploads", "")], "/b/k?uploads"), ([("prefix", "x"), ("max-keys", "1")], "/b/k"),
        ([("uploadId", "U"), ("partNumber", "3")], "/b/k?partNumber=3&uploadId=U"),
        ([("uploadID", "U"), ("Acl", "")], "/b/k"),
        (
            [("response-content-type", "text/plain; a=b"), ("acl", ""), ("x-id", "GetObject")],
            "/b/k?acl&response-content-type=text/plain; a=b"
        ),
    ])
    func resource(query: [(String, String)], text: String) {
        let query = query.map { QueryParameter(ByteString($0.0), ByteString($0.1)) }
        #expect(SignatureV2.CanonicalizedResource(bucket: "b", key: "k", query: query).text == ByteString(text))
    }

    @Test func otherResources() {
        #expect(SignatureV2.CanonicalizedResource(bucket: "", key: "", query: []).text == "/")
        #expect(SignatureV2.CanonicalizedResource(bucket: "b", key: "", query: []).text == "/b/")
        #expect(SignatureV2.CanonicalizedResource(bucket: "b", key: "a b/é", query: []).text == "/b/a%20b/%C3%A9")
    }

    /// Values keep their inner spaces, which version 4 collapses; a folded line becomes one space.
    @Test func amzHeaders() {
        let headers = SignatureV2.CanonicalizedAmzHeaders([
            HeaderField("X-Amz-Meta-B", " two  spaces "), HeaderField("x-amz-acl", "private"),
            HeaderField("Content-Type", "text/plain"), HeaderField("x-amz-meta-a", "folded\r\n   line"),
            HeaderField("x-amz-meta-b", "again"),
        ])
        #expect(headers.text == "x-amz-acl:private\nx-amz-meta-a:folded line\nx-amz-meta-b:two  spaces,again\n")
    }

    @Test func signedDateReplacesDate() {
        let string = SignatureV2.StringToSign(
            method: "PUT", headers: [HeaderField("x-amz-date", "Wed, 02 Jan 2030 03:04:05 GMT")],
            date: "Thu, 01 Jan 1970 00:00:00 GMT",
            resource: .init(
                bucket: "my-bucket", key: "frodo/a b+é'(1).bin",
                query: [QueryParameter("uploadId", "UP.id_1"), QueryParameter("partNumber", "3")]))
        #expect(
            string.text == """
                PUT\n\n\n
                x-amz-date:Wed, 02 Jan 2030 03:04:05 GMT
                /my-bucket/frodo/a%20b%2B%C3%A9%27%281%29.bin?partNumber=3&uploadId=UP.id_1
                """)
        // What Fine Uploader's own code arrived at.
        #expect(
            SignatureV2.SigningKey(secret: Secret("SECRET")).signature(of: string) == "8JFEcqVWq/qgcK40jMSNUTm/q/4=")
    }
}
