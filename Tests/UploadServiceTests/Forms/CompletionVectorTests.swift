import FastCGI
import Foundation
import S3Authorization
import S3Client
import Testing

@testable import UploadService

/// Completions as clients really post them, and the independent cases of what must not be taken.
@Suite struct CompletionVectorTests {
    private static func client(_ name: String) throws -> String {
        try #require(vectors("clients/vectors.json")[name] as? String)
    }

    @Test func urlencoded() throws {
        let post = try CompletionPost(form: Array(Self.client("urlencoded").utf8))
        #expect(post.dialect == .form)
        #expect(post.key == "frodo/a b.jpg")
        #expect(post.bucket == "my-bucket")
        #expect(post.uuid == "u")
        #expect(post.name == "a b&é.jpg")
        #expect(post.etag?.text == "abc")
        #expect(post.parameters.map(\.name) == ["user", "n", "t", "z"])
        let expected: NSDictionary = [
            "user": ["name": "Mark Twain", "tags": ["x", "y"]], "n": "1", "t": "true", "z": "null",
        ]
        #expect(post.custom == expected)
    }

    @Test func emptyContainers() throws {
        let post = try CompletionPost(
            form: Array("key=k&uuid=u&name=n&bucket=b&\(Self.client("urlencoded_empty_containers"))".utf8))
        #expect(post.custom == ["a": "1", "d": "2"] as NSDictionary)
    }

    @Test(arguments: ["success_same", "success_cors", "success_xdr"])
    func success(name: String) throws {
        let object = try #require(vectors("clients/requests.json")[name] as? [String: Any])
        let body = try #require(object["body"] as? String)
        let headers = object["headers"] as? [String: String] ?? [:]
        var parameters = ["CONTENT_TYPE": headers["Content-Type"] ?? ""]
        if name != "success_same" { parameters["HTTP_ORIGIN"] = "https://app.example.org" }
        let site = try Site.make { site in site.origins = [HTTPURL("https://app.example.org")].compactMap { $0 } }
        let request = Request.make("POST", "/upload/file_uploaded", body: Array(body.utf8), parameters)
        let post = try CompletionPost(Inquiry(request, at: site))
        #expect(post.key == "k" && post.uuid == "U" && post.name == "n" && post.bucket == "b")
        #expect(post.etag?.text == "e")
        #expect(post.custom == ["custom": ["a": "1"]] as NSDictionary)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let type: String
        let body: [UInt8]
        let isAccepted: Bool
        var testDescription: String { name }

        static let all: [Case] = {
            let cases = (try? vectors("sign_requests.json"))?["cases"] as? [[String: Any]] ?? []
            return cases.filter { $0["endpoint"] as? String == "complete" }.map { object in
                let encoded = (object["body_base64"] as? String).flatMap { Data(base64Encoded: $0) }
                return Case(
                    name: object["name"] as? String ?? "", type: object["content_type"] as? String ?? "",
                    body: encoded.map { Array($0) } ?? Array((object["body"] as? String ?? "").utf8),
                    isAccepted: object["expect"] as? String == "accept")
            }
        }()
    }

    /// Those that the reader itself refuses, and why; the others are for whoever looks at the key or asks S3.
    static let refused: [String: String] = [
        "done_no_bucket": "invalid_completion", "done_no_name": "invalid_completion",
        "done_dup_key_rev": "invalid_completion", "done_huge": "invalid_completion",
        "done_dup_bucket": "invalid_completion", "done_array_key": "invalid_completion",
        "done_key_lf": "invalid_completion", "done_name_long_ext": "invalid_completion",
        "done_etag_crlf": "invalid_upload", "done_etag_star": "invalid_upload",
        "done_etag_list": "invalid_upload", "done_etag_long": "invalid_upload",
        "done_text_plain": "unsupported_media_type", "done_many_params": "malformed_form",
        "done_deep_brackets": "malformed_form", "done_get_method": "invalid_completion",
    ]

    @Test func areAllThere() {
        #expect(Case.all.count >= 35)
        #expect(Self.refused.keys.allSatisfy { name in Case.all.contains { $0.name == name } })
    }

    @Test(arguments: Case.all)
    func reading(_ vector: Case) throws {
        let request = Request.make(body: vector.body, ["CONTENT_TYPE": vector.type])
        let inquiry = Inquiry(request, at: try Site.make())
        var error: RequestError?
        let time = processorTime { error = refusal { () throws(RequestError) in try CompletionPost(inquiry) } }
        #expect(time < .milliseconds(300) * slowdown)
        if let code = Self.refused[vector.name] {
            #expect(error.map { "\($0.code)" } == code, "\(error?.message ?? "")")
        } else {
            #expect(error == nil || !vector.isAccepted, "\(error?.message ?? "")")
        }
        #expect(error.map { $0.status == ($0.code.description == "unsupported_media_type" ? 415 : 400) } ?? true)
    }

    @Test(arguments: [("done_semicolon", "frodo/a.jpg;key=sam/b.jpg"), ("done_key_double_enc", "frodo%2Fa.jpg")])
    func literalKeys(name: String, key: String) throws {
        let vector = try #require(Case.all.first { $0.name == name })
        #expect(try CompletionPost(form: vector.body).key == ByteString(key))
    }
}
