import FastCGI
import Testing

@testable import S3Authorization
@testable import UploadService

/// Which URL a request is for, whatever the web server calls it.
struct RouteTests {
    private func route(_ parameters: [String: String], mount: ByteString = "/upload") -> String? {
        let parameters = Parameters(parameters.map { ($0.key, $0.value) })
        return Route(parameters, mount: mount).map { "\($0.name)" }
    }

    @Test(arguments: [
        ["SCRIPT_NAME": "/upload/sign"], ["SCRIPT_NAME": "/upload/sign", "PATH_INFO": ""],
        ["SCRIPT_NAME": "/upload", "PATH_INFO": "/sign"], ["SCRIPT_NAME": "", "PATH_INFO": "/upload/sign"],
        ["PATH_INFO": "/upload/sign"], ["PATH_INFO": "/sign"], ["DOCUMENT_URI": "/upload/sign"],
        ["REQUEST_URI": "/upload/sign"], ["REQUEST_URI": "/upload/sign?v4=true"],
        ["REQUEST_URI": "/upload/sign?/../prefix"],
        ["SCRIPT_NAME": "/cgi-bin/countersign", "PATH_INFO": "/sign", "REQUEST_URI": "/cgi-bin/countersign/sign"],
        ["SCRIPT_NAME": "/cgi-bin/countersign", "PATH_INFO": "/sign", "REQUEST_URI": "/upload/sign"],
        ["SCRIPT_NAME": "/index.fcgi", "DOCUMENT_URI": "/upload/sign", "REQUEST_URI": "/x"],
        ["SCRIPT_NAME": "/upload/sign", "DOCUMENT_URI": "/upload/sign", "REQUEST_URI": "/upload/sign?x"],
        ["SCRIPT_NAME": "/upload/sign", "PATH_INFO": "/upload/sign"],
        // The web server's own path decides before the line that the client wrote.
        ["SCRIPT_NAME": "/upload/sign", "REQUEST_URI": "/upload/health"],
    ])
    func sign(parameters: [String: String]) {
        #expect(route(parameters) == "sign")
    }

    @Test(arguments: [
        [:], ["SCRIPT_NAME": "/sign"], ["SCRIPT_NAME": "/uploads/sign"],
        ["SCRIPT_NAME": "/upload/sign", "PATH_INFO": "/x"],
        ["SCRIPT_NAME": "/upload/x", "REQUEST_URI": "/upload/sign"], ["REQUEST_URI": "/upload/%73ign"],
        ["REQUEST_URI": "http://www.example.org/upload/sign"], ["REQUEST_URI": "/upload/sign/../sign"],
        ["SCRIPT_NAME": "/upload/sign\n"], ["SCRIPT_NAME": "/upload/sign\0"], ["SCRIPT_NAME": "/UPLOAD/sign"],
        ["PATH_INFO": "sign"], ["SCRIPT_NAME": "/x", "PATH_INFO": "/upload/sign"], ["QUERY_STRING": "/upload/sign"],
    ])
    func nothing(parameters: [String: String]) {
        #expect(route(parameters) == nil)
    }

    @Test(
        arguments: [
            ("/s3/multipart", "s3/multipart"), ("//s3/multipart", "s3/multipart"), ("/s3/sts", "s3/sts"),
            ("/s3/multipart/AQ-_", "s3/multipart/ID"), ("/s3/multipart/A%51", "s3/multipart/ID"),
            ("/s3/multipart/AQ/1", "s3/multipart/ID/part"), ("/s3/multipart/AQ/batch", "s3/multipart/ID/batch"),
            ("/s3/multipart/AQ/complete", "s3/multipart/ID/complete"), ("/s3/multipart/batch", "s3/multipart/ID"),
            ("/s3/multipart/", nil), ("/s3/multipart/AQ/", nil), ("/s3/multipart//1", nil), ("/s3/multipartx", nil),
            ("/s3/multipart/AQ/1/x", nil), ("/s3/multipart/A%5", nil), ("/s3/", nil), ("///s3/multipart", nil),
            ("//sign", nil), ("/S3/multipart", nil),
        ] as [(String, String?)])
    func multipart(path: String, name: String?) {
        #expect(route(["REQUEST_URI": "/upload\(path)?key=x"]) == name)
        #expect(route(["SCRIPT_NAME": "/upload\(path)"]) == name)
    }

    @Test func segmentsAreDecodedOnce() {
        #expect(MultipartRoute("/A%2FQ%2541/%31") == .part("A/Q%41", number: "1"))
        #expect(MultipartRoute("/AQ/b%61tch") == .batch("AQ"))
    }

    @Test(
        arguments: [
            ("", ["SCRIPT_NAME": "/sign"], "sign"), ("", ["PATH_INFO": "/sign"], "sign"),
            ("", ["REQUEST_URI": "/prefix?x"], "prefix"),
            ("", ["SCRIPT_NAME": "/upload/sign"], nil), ("", ["SCRIPT_NAME": "/"], nil),
            ("/a/b/c", ["SCRIPT_NAME": "/a/b/c/health"], "health"),
            ("/a/b/c", ["SCRIPT_NAME": "/a", "PATH_INFO": "/b/c/health"], "health"),
            ("/a/b/c", ["SCRIPT_NAME": "/a/b", "PATH_INFO": "/health"], "health"),
            ("/a/b/c", ["SCRIPT_NAME": "/a/b/health"], nil),
            ("/upload", ["SCRIPT_NAME": "/upload/empty_html"], "empty_html"),
            ("/sign", ["SCRIPT_NAME": "/sign/sign"], "sign"),
        ] as [(ByteString, [String: String], String?)])
    func mounts(mount: ByteString, parameters: [String: String], name: String?) {
        #expect(route(parameters, mount: mount) == name)
    }
}
