import FastCGI
import Foundation
import S3Authorization
import Testing

@testable import UploadService

@Suite struct UploadURIHandlerTests {
    private static let sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    private static let md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="
    private static let key = "frodo/00010203-0405-4607-8809-0a0b0c0d0e0f"

    private func post(
        _ body: String = "", user: String? = "frodo", rules: UploadRules = .make(),
        _ parameters: [String: String] = [:],
        _ change: (inout Site) -> Void = { _ in }
    ) throws -> Result<Response, RequestError> {
        let request = Request.make("POST", "/upload/upload_uri", user: user, body: Array(body.utf8), parameters)
        let handler = UploadURIHandler(Inquiry(request, at: try .make(rules: rules, change)), .fixed())
        var account = Account()
        do throws(RequestError) {
            let response = try handler.respond(&account)
            #expect(account.user == "frodo" && account.key?.description == response.json["key"] as? String)
            return .success(response)
        } catch {
            return .failure(error)
        }
    }

    private func error(_ result: Result<Response, RequestError>) -> RequestError? {
        if case .failure(let error) = result { return error }
        return nil
    }

    private func headers(_ response: Response) -> [String: String]? { response.json["headers"] as? [String: String] }

    /// As drf-to-s3's bundled client asks: no body, no content type; it sends no header of its own to S3 and reads the
    /// answer only where its type is exactly this. The signature was computed apart from this program.
    @Test func bundledClient() throws {
        let response = try post("", ["CONTENT_TYPE": ""]).get()
        #expect(response.status == 200 && response.header("Content-Type") == "application/json")
        let answer = response.json
        #expect(answer["key"] as? String == Self.key)
        #expect(answer["method"] as? String == "PUT")
        #expect(headers(response) == [:])
        #expect(answer["expires"] as? Int == 300)
        #expect(answer["expires_at"] as? String == "2026-11-22T12:39:56Z")
        #expect(
            answer["upload_uri"] as? String == "https://uploads.s3.us-east-1.amazonaws.com/\(Self.key)"
                + "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIDEXAMPLE%2F20261122%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20261122T123456Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host&x-amz-acl=private"
                + "&X-Amz-Signature=fb55bc9e05d1017f02cd9eda8cf1bbb9bc0649e03181e3600ded8f5ba93fbd75")
    }

    @Test func everythingDeclared() throws {
        let body = #"{"filename":"Ünï.JPG","type":"image/jpeg","size":12345,"checksum":"\#(Self.sha256)","x":[1]}"#
        let response = try post(body).get()
        #expect(response.json["key"] as? String == Self.key + ".jpg")
        #expect(headers(response) == ["content-type": "image/jpeg", "x-amz-checksum-sha256": Self.sha256])
        let url = try #require(response.json["upload_uri"] as? String)
        #expect(url.contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bx-amz-checksum-sha256&"))
        #expect(url.hasSuffix("&X-Amz-Signature=fe7b46ea17a829128e0083aa9089b2843b3d941df55a2830d4697f1680741d21"))
    }

    @Test(arguments: ["body", "query"])
    func version2(place: String) throws {
        let body = place == "body" ? #"{"signatureVersion":2}"# : ""
        let response = try post(body, ["QUERY_STRING": place == "query" ? "v2=true" : "a=1"]).get()
        #expect(headers(response) == [:])
        let url = try #require(URLComponents(string: response.json["upload_uri"] as? String ?? ""))
        #expect(url.path == "/" + Self.key && url.host == "uploads.s3.us-east-1.amazonaws.com")
        let query = Dictionary((url.queryItems ?? []).map { ($0.name, $0.value ?? "") }) { $1 }
        #expect(
            query == [
                "AWSAccessKeyId": "AKIDEXAMPLE", "Expires": "1795351196", "x-amz-acl": "private",
                "Signature": "OpvNsMPprGl2sA3da8noSZfuqPM=",
            ])
    }

    @Test func version2SignsTypeAndMD5() throws {
        let response = try post(#"{"signatureVersion":"2","type":"image/png","checksum":"\#(Self.md5)"}"#).get()
        #expect(headers(response) == ["content-type": "image/png", "content-md5": Self.md5])
        #expect((response.json["upload_uri"] as? String)?.contains("Signature=jmAP5iN1TsmPqonU2QEHBx1ZfSs%3D") == true)
    }

    @Test(arguments: [
        ("a.tar.gz", ".gz"), ("a", ""), (".bashrc", ""), ("a.", ""), ("a.ph p", ""), ("a.../x", ""), ("", ""),
        ("a.elevenchars", ""), ("a.PNG", ".png"), ("a.é", ""), ("a.jpg/../../b", ""), ("a.x\\u002f", ""),
    ])
    func extensions(filename: String, ending: String) throws {
        let response = try post(#"{"filename":"\#(filename.replacing("\\", with: "\\"))"}"#).get()
        #expect(response.json["key"] as? String == Self.key + ending)
    }

    @Test(arguments: [
        (#"{"type":"text/html"}"#, ["type": "Content-Type 'text/html' is not allowed; allowed: image/*"]),
        ("{}", ["type": "This field is required."]), ("", ["type": "This field is required."]),
        (#"{"type":"image/png\r\nx-amz-acl: public-read"}"#, ["type": "Invalid Content-Type"]),
        (#"{"type":"image/png","size":1001}"#, ["size": "The object should have at most 1000 bytes"]),
        (
            #"{"type":"image/png","signatureVersion":2,"checksum":"\#(sha256)"}"#,
            ["checksum": "Version 2 signs no SHA-256: send an MD5, or use version 4"]
        ),
        (#"{"size":-1}"#, ["size": "This field should be a whole number of bytes."]),
        (#"{"size":1e3}"#, ["size": "This field should be a whole number of bytes."]),
        (#"{"size":"0x10"}"#, ["size": "This field should be a whole number of bytes."]),
        (#"{"size":99999999999999999999}"#, ["size": "This field should be a whole number of bytes."]),
        (#"{"checksum":"abc"}"#, ["checksum": "This field should be a SHA-256 or an MD5 in Base64."]),
        (#"{"signatureVersion":3}"#, ["signatureVersion": "This field should be 2 or 4."]),
        (
            #"{"filename":1,"type":true}"#,
            ["filename": "This field should be a string.", "type": "This field should be a string."]
        ),
        (#"{"filename":"a\u0000"}"#, ["filename": "This field should not have control characters."]),
    ])
    func refused(body: String, fields: [String: String]) throws {
        let rules = UploadRules.make {
            $0.maximumSize = 1000
            $0.contentTypes = ["image/*"].compactMap(ContentTypePattern.init)
        }
        let error = try #require(self.error(post(body, rules: rules)))
        #expect(error.status == 400 && error.fields == fields)
    }

    @Test func refusedBeforeAnyRule() throws {
        #expect(try error(post(user: nil)) == .loginRequired)
        #expect(try error(post("{}", ["CONTENT_TYPE": "text/plain"]))?.status == 415)
        #expect(try error(post("a=1", ["CONTENT_TYPE": "application/x-www-form-urlencoded"]))?.status == 415)
        #expect(try error(post("[1]"))?.code.description == "malformed_json")
        #expect(try error(post("{}") { $0.rules.bodyLimit = 1 })?.status == 413)
        let onlyV4 = UploadRules.make { $0.signatureVersions = [.v4] }
        let version = try error(post(#"{"signatureVersion":2}"#, rules: onlyV4))
        #expect(version?.fields == ["signatureVersion": "This site does not sign version 2"])
    }

    @Test func nullIsAsGoodAsNone() throws {
        let body = #"{"filename":null,"type":null,"size":null,"checksum":null,"signatureVersion":null}"#
        #expect(try post(body).get().body == post("").get().body)
    }

    @Test func byTheRulesOfTheSite() throws {
        let rules = UploadRules.make {
            $0.acl = nil
            $0.signatureVersions = [.v2]
            $0.expiresAfter = 60
        }
        let endpoint = try Endpoint(parsing: "http://127.0.0.1:7480/store")
        let response = try post(rules: rules) { ($0.endpoint, $0.addressing) = (endpoint, .path) }.get()
        let url = try #require(response.json["upload_uri"] as? String)
        #expect(url.hasPrefix("http://127.0.0.1:7480/store/uploads/\(Self.key)?"))
        #expect(url.contains("Expires=1795350956&") && !url.contains("acl"))
        #expect(response.json["expires"] as? Int == 60)
    }
}
