import S3Authorization
import Testing

@testable import S3Client

/// The documents of a bucket, as S3 wants them asked for and sent.
struct BucketDocumentTests {
    @Test func asksForADocument() throws {
        let xml = "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>"
        let (client, transport) = try S3Client.make([.answer(.text(200, xml))])
        let deadline = client.deadline(milliseconds: 1000)
        let found = try client.get(.cors, of: "examplebucket", until: deadline)
        #expect(found?.all("CORSRule").first?.text(of: "AllowedOrigin") == "*")
        #expect(transport.requests.map(\.url) == ["https://examplebucket.s3.eu-west-1.amazonaws.com/?cors="])
    }

    @Test(arguments: [BucketDocument.cors, .lifecycle])
    func findsNone(document: BucketDocument) throws {
        let code = document == .cors ? "NoSuchCORSConfiguration" : "NoSuchLifecycleConfiguration"
        let (client, _) = try S3Client.make([.answer(.error(404, code))])
        let deadline = client.deadline(milliseconds: 1000)
        #expect(try client.get(document, of: "examplebucket", until: deadline) == nil)
    }

    @Test func tellsAMissingBucketFromAMissingDocument() throws {
        let (client, _) = try S3Client.make([.answer(.error(404, "NoSuchBucket"))])
        let deadline = client.deadline(milliseconds: 1000)
        #expect(throws: S3Error.notFound(code: "NoSuchBucket")) {
            try client.get(.lifecycle, of: "examplebucket", until: deadline)
        }
    }

    @Test func sendsItsDigest() throws {
        let (client, transport) = try S3Client.make([.answer(.text(200))])
        let deadline = client.deadline(milliseconds: 1000)
        try client.put(.lifecycle, Array("abc".utf8), of: "examplebucket", until: deadline)
        let request = try #require(transport.requests.first)
        #expect(request.method == "PUT")
        #expect(request.headers.contains(HeaderField("Content-MD5", "kAFQmDzST7DWlj99KOF/cg==")))
        #expect(request.body == Array("abc".utf8))
    }

    /// What examines an S3 must see refusals, not errors.
    @Test func givesBackRefusals() throws {
        let (client, transport) = try S3Client.make([.answer(.error(503, "SlowDown"))])
        let answer = try client.answer(
            to: .listObjects, "GET", ObjectLocation(bucket: "examplebucket", key: ""),
            until: client.deadline(milliseconds: 1000))
        #expect(answer.status == 503)
        #expect(answer.errorCode == "SlowDown")
        #expect(transport.requests.count == 1)
    }
}
