import Testing

@testable import S3Authorization

/// AWS's own suite for version 4: another service than S3, whose paths are encoded again and may be normalised.
struct SigningSuiteTests {
    struct Vector: Decodable {
        struct Keys: Decodable {
            let accessKeyId: String
            let secretAccessKey: String
            let token: String?
        }
        struct Expected: Decodable {
            let canonicalRequest: String
            let stringToSign: String
            let signature: String
            let signedRequest: String
        }
        let name: String
        let method: String
        let target: String
        let headers: [[String]]
        let body: String
        let date: String
        let region: String
        let service: String
        let normalize: Bool
        let signBody: Bool
        let omitSessionToken: Bool
        let expirationInSeconds: Int
        let credentials: Keys
        let header: Expected
        let query: Expected

        /// The request line's path and query, the latter decoded.
        func parsedTarget() throws -> (path: ByteString, query: [QueryParameter]) {
            let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
            let pairs = parts.count > 1 ? parts[1].split(separator: "&").map(String.init) : []
            let query = try pairs.map { pair in
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return try QueryParameter(
                    PercentEncoding.decode(ByteString(sides[0])),
                    PercentEncoding.decode(ByteString(sides.count > 1 ? sides[1] : "")))
            }
            return (ByteString(parts[0]), query)
        }
    }

    @Test func suite() throws {
        let vectors: [Vector] = try Vectors.load("sigv4_suite")
        #expect(vectors.count >= 38)
        for vector in vectors {
            let time = try SigningTime(parsing: ByteString(vector.date), as: .basic)
            // A token that is added after signing is none to the signature.
            let token = vector.omitSessionToken ? nil : vector.credentials.token
            let signer = try Signer(
                credentials: Credentials(
                    accessKeyID: ByteString(vector.credentials.accessKeyId),
                    secret: Secret(vector.credentials.secretAccessKey), sessionToken: token.map { ByteString($0) }),
                region: ByteString(vector.region), service: ByteString(vector.service))
            let (rawPath, query) = try vector.parsedTarget()
            let path = CanonicalPath(rawPath, rules: .otherService(normalizes: vector.normalize))
            let headers = vector.headers.map { HeaderField(ByteString($0[0]), ByteString($0[1])) }
            let payloadHash = PayloadHash(of: Array(vector.body.utf8))

            let header = HeaderAuthorization(
                method: ByteString(vector.method), path: path, query: CanonicalQuery(query), headers: headers,
                payloadHash: payloadHash, sendsPayloadHash: vector.signBody, signer: signer, time: time)
            #expect(header.canonicalRequest.text == ByteString(vector.header.canonicalRequest), "\(vector.name)")
            #expect(header.stringToSign.text == ByteString(vector.header.stringToSign), "\(vector.name)")
            #expect(header.signature == ByteString(vector.header.signature), "\(vector.name)")
            let authorization = try #require(header.headers.last?.value.string)
            #expect(vector.header.signedRequest.contains("\nAuthorization:\(authorization)\n"), "\(vector.name)")

            let presigned = try PresignedQuery(
                method: ByteString(vector.method), path: path, query: query, headers: headers,
                payloadHash: payloadHash, signer: signer, time: time,
                lifetime: #require(PresignedQuery.Lifetime(seconds: vector.expirationInSeconds)))
            #expect(presigned.canonicalRequest.text == ByteString(vector.query.canonicalRequest), "\(vector.name)")
            #expect(presigned.stringToSign.text == ByteString(vector.query.stringToSign), "\(vector.name)")
            #expect(presigned.signature == ByteString(vector.query.signature), "\(vector.name)")
        }
    }
}
