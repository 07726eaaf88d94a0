import S3Authorization
import Testing

@testable import S3Client

struct ListMultipartUploadsTests {
    private func page(_ uploads: String, truncated: Bool = false, _ more: String = "") -> ScriptedTransport.Step {
        .answer(
            .text(
                200,
                """
                <ListMultipartUploadsResult><Bucket>examplebucket</Bucket><EncodingType>url</EncodingType>\(more)
                <IsTruncated>\(truncated)</IsTruncated>\(uploads)</ListMultipartUploadsResult>
                """))
    }

    private let upload = """
        <Upload><Key>frodo/a+b%2Bc</Key><UploadId>2~x/y</UploadId><Initiated>2026-11-22T12:34:56.000Z</Initiated></Upload>
        """
    private let markers = "<NextKeyMarker>frodo/a%20b</NextKeyMarker><NextUploadIdMarker>2~x</NextUploadIdMarker>"

    @Test func readsPages() throws {
        let (client, transport) = try S3Client.make([page(upload, truncated: true, markers), page("")])
        let deadline = client.deadline(milliseconds: 1000)
        let first = try client.listMultipartUploads(bucket: "examplebucket", until: deadline)
        let entry = try #require(first.uploads.first)
        let object = ObjectLocation(bucket: "examplebucket", key: "frodo/a b+c")
        #expect(entry.upload == MultipartUpload(object, id: "2~x/y"))
        #expect(entry.initiated?.secondsSince1970 == 1_795_350_896)
        let second = try client.listMultipartUploads(bucket: "examplebucket", after: first.next, until: deadline)
        #expect(second == MultipartUploadPage(uploads: []))
        let urls = transport.requests.map { $0.url.description.split(separator: "?").last.map(String.init) }
        #expect(
            urls == [
                "max-uploads=1000&uploads=",
                "key-marker=frodo%2Fa%20b&max-uploads=1000&upload-id-marker=2~x&uploads=",
            ])
    }

    /// Whatever a store encodes, it must say so.
    @Test func takesAKeyAsItIs() throws {
        let text = "<Upload><Key>a%20b+c</Key><UploadId>1</UploadId></Upload>"
        let (client, _) = try S3Client.make([
            .answer(
                .text(
                    200,
                    "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>\(text)</ListMultipartUploadsResult>"))
        ])
        let page = try client.listMultipartUploads(
            bucket: "examplebucket", until: client.deadline(milliseconds: 1000))
        #expect(page.uploads.map(\.upload.object.key) == ["a%20b+c"])
        #expect(page.uploads.first?.initiated == nil)
    }

    /// Half an answer would leave uploads in parts unseen for ever.
    @Test(arguments: ["<UploadId>1</UploadId>", "<Key>a</Key>", "<Key></Key><UploadId>1</UploadId>"])
    func refusesHalfAnUpload(text: String) throws {
        let (client, _) = try S3Client.make([page("<Upload>\(text)</Upload>")])
        #expect(throws: S3Error.self) {
            try client.listMultipartUploads(bucket: "examplebucket", until: client.deadline(milliseconds: 1000))
        }
    }

    @Test func refusesAPageThatLeadsNowhere() throws {
        let (client, _) = try S3Client.make([page(upload, truncated: true, markers)])
        let deadline = client.deadline(milliseconds: 1000)
        let first = try client.listMultipartUploads(bucket: "examplebucket", until: deadline)
        #expect(throws: S3Error.self) {
            try client.listMultipartUploads(bucket: "examplebucket", after: first.next, until: deadline)
        }
    }
}
