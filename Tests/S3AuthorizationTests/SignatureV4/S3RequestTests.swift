import Testing

@testable import S3Authorization

struct S3RequestTests {
    private func request(
        method: ByteString = "PUT", bucket: ByteString = "uploads", query: [QueryParameter] = [],
        headers: [HeaderField] = []
    ) throws(S3Request.Invalid) -> S3Request {
        let endpoint = Endpoint(scheme: .https, host: "s3.test", port: nil, basePath: "")
        return try S3Request(
            method: method, endpoint: endpoint, addressing: .virtual, bucket: bucket, key: "k", query: query,
            headers: headers)
    }

    @Test func good() throws {
        let request = try request(
            query: [QueryParameter("uploads")],
            headers: [HeaderField("Content-Type", "text/plain; charset=utf-8"), HeaderField("x-amz-meta-a", "é")])
        #expect(request.host == "uploads.s3.test")
        #expect(request.path == "/k")
    }

    @Test(arguments: [
        "Host", "AUTHORIZATION", "date", "X-Amz-Date", "x-amz-content-sha256", "x-amz-security-token", "", "a b", "a:b",
        "a\n", "é", "\u{212a}ey",
    ])
    func headerNames(name: String) {
        #expect(throws: S3Request.Invalid.headerName(ByteString(name))) {
            try request(headers: [HeaderField(ByteString(name), "v")])
        }
    }

    @Test(arguments: ["a\r\nb", "a\nb", "a\rb", "a\0b", "\u{7f}", "\u{1f}"]) func headerValues(value: String) {
        #expect(throws: S3Request.Invalid.headerValue("x-amz-meta-a")) {
            try request(headers: [HeaderField("x-amz-meta-a", ByteString(value))])
        }
    }

    @Test(arguments: ["X-Amz-Signature", "X-Amz-Expires", "AWSAccessKeyId", "Expires", "Signature"])
    func parameters(name: String) {
        #expect(throws: S3Request.Invalid.query(ByteString(name))) {
            try request(query: [QueryParameter(ByteString(name), "v")])
        }
    }

    @Test(arguments: ["", "put", "PUT ", "P\nT"]) func methods(method: String) {
        #expect(throws: S3Request.Invalid.method) { try request(method: ByteString(method)) }
    }

    @Test func emptyBucket() {
        #expect(throws: S3Request.Invalid.bucket) { try request(bucket: "") }
    }
}
