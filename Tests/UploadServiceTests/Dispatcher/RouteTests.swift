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
