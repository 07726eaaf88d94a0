import Testing

@testable import S3Authorization

/// Parts are signed by a shorter way; it must lead to the same place.
struct PartURLsTests {
    private static let time = SigningTime.start
    private static let token = ByteString("a token/+=")

    private func signer(token: ByteString?) throws -> Signer {
        try Signer(
            credentials: Credentials(accessKeyID: "AKID", secret: Secret("SECRET"), sessionToken: token),
            region: "eu-west-1")
    }

    @Test(
        arguments: [
            ("https://s3.eu-west-1.amazonaws.com", .virtual, "frodo/5c/a.bin"),
            ("http://127.0.0.1:7480/base", .path, "fr%C3%B6do/5c/a b+\u{e9}~(1).bin"),
        ] as [(ByteString, Addressing, ByteString)], [nil, Self.token])
    func sameAsEveryOtherPresignedRequest(place: (ByteString, Addressing, ByteString), token: ByteString?) throws {
        let signer = try signer(token: token)
        let endpoint = try Endpoint(parsing: place.0)
        let lifetime = try #require(PresignedQuery.Lifetime(seconds: 300))
        for length in [nil, 1, 5_242_880] as [UInt64?] {
            let urls = try PartURLs(
                bucket: "uploads", key: place.2, uploadID: "2~a/b+c=", length: length, endpoint: endpoint,
                addressing: place.1, signer: signer, time: Self.time, lifetime: lifetime)
            for number in [1, 2, 10, 999, 10_000] {
                let request = try S3Request(
                    method: "PUT", endpoint: endpoint, addressing: place.1, bucket: "uploads", key: place.2,
                    query: [
                        QueryParameter("partNumber", ByteString("\(number)")), QueryParameter("uploadId", "2~a/b+c="),
                    ],
                    headers: length.map { [HeaderField("content-length", ByteString("\($0)"))] } ?? [])
                let expected = OwnRequest(request).presigned(by: signer, at: Self.time, lifetime: lifetime).url
                #expect(urls.url(ofPart: number) == expected)
            }
        }
    }

    @Test(arguments: [("", "k", "i"), ("b", "", "i"), ("b", "k", "")] as [(ByteString, ByteString, ByteString)])
    func nothingIsLeftOut(parts: (ByteString, ByteString, ByteString)) throws {
        let lifetime = try #require(PresignedQuery.Lifetime(seconds: 1))
        let endpoint = try Endpoint(parsing: "https://s3.eu-west-1.amazonaws.com")
        let signer = try signer(token: nil)
        #expect(throws: PartURLs.Invalid.upload) {
            try PartURLs(
                bucket: parts.0, key: parts.1, uploadID: parts.2, endpoint: endpoint, addressing: .path,
                signer: signer, time: Self.time, lifetime: lifetime)
        }
    }
}
