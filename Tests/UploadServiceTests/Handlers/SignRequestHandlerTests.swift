import FastCGI
import Foundation
import S3Authorization
import Testing

@testable import UploadService

/// Uppy's `signRequest`: the seven requests that it makes, on keys of the caller's own, and nothing else.
@Suite struct SignRequestHandlerTests {
    private func post(
        _ body: String, user: String? = "frodo", rules: UploadRules = .make(), _ parameters: [String: String] = [:],
        _ change: (inout Site) -> Void = { _ in }
    ) throws -> Response {
        let request = Request.make("POST", "/upload/s3/presign", user: user, body: Array(body.utf8), parameters)
        return Dispatcher(site: try .make(rules: rules, change), surroundings: .fixed()).respond(to: request)
    }

    @Test(arguments: [
        (#"{"method":"PUT","key":"a b.png"}"#, "x-amz-acl=private"),
        (#"{"method":"POST","key":"a b.png","contentType":null}"#, "uploads=&x-amz-acl=private"),
        (#"{"method":"POST","key":"a b.png","uploadId":"U"}"#, "uploadId=U"),
        (#"{"method":"DELETE","key":"a b.png","uploadId":"U","partNumber":null}"#, "uploadId=U"),
        (#"{"method":"GET","key":"a b.png","uploadId":"U"}"#, "uploadId=U"),
        (#"{"method":"PUT","key":"a b.png","uploadId":"U","partNumber":3}"#, "partNumber=3&uploadId=U"),
        (#"{"method":"PUT","key":"a b.png","uploadId":"U","partNumber":"10000"}"#, "partNumber=10000&uploadId=U"),
        (#"{"method":"DELETE","key":"a b.png"}"#, ""),
        (#"{"method":"PUT","key":"frodo/a b.png"}"#, "x-amz-acl=private"),
    ])
    func signed(body: String, query: String) throws {
        let response = try post(body) { $0.rules.allowsDeletion = true }
        #expect(response.status == 200, "\(response.text)")
        #expect(response.json["key"] as? String == "frodo/a b.png")
        #expect(response.json["expires"] as? Int == 300)
        let url = try #require(response.json["url"] as? String)
        #expect(url.hasPrefix("https://uploads.s3.us-east-1.amazonaws.com/frodo/a%20b.png?"))
        let pairs = url.split(separator: "?")[1].split(separator: "&").filter { !$0.hasPrefix("X-Amz-") }
        #expect(pairs.joined(separator: "&") == query)
    }

    /// The same answer whether the client gives its own key or the one that it was told.
    @Test(arguments: ["u-1/a.png", "frodo2/a", "sam/a"])
    func aKeyIsPutIntoThePrefix(key: String) throws {
        let first = try post(#"{"method":"PUT","key":"\#(key)"}"#)
        #expect(first.json["key"] as? String == "frodo/\(key)")
        #expect(try post(#"{"method":"PUT","key":"frodo/\#(key)"}"#).body == first.body)
    }

    @Test(arguments: [
        #"{"method":"GET","key":"a"}"#, #"{"method":"HEAD","key":"a"}"#, #"{"method":"put","key":"a"}"#,
        #"{"method":"PATCH","key":"a"}"#, #"{"key":"a"}"#, #"{"method":"PUT","key":"a","uploadId":"U"}"#,
        #"{"method":"PUT","key":"a","partNumber":1}"#, #"{"method":"POST","key":"a","partNumber":1}"#,
        #"{"method":"POST","key":"a","uploadId":"U","partNumber":1}"#, #"{"method":"HEAD","key":"a","uploadId":"U"}"#,
        #"{"method":"GET","key":"a","uploadId":""}"#, #"{"method":"DELETE","key":"a","partNumber":1}"#,
        #"{"method":"DELETE","key":"a","uploadId":"U","partNumber":1}"#,
    ])
    func noSuchOperation(body: String) throws {
        let response = try post(body) { $0.rules.allowsDeletion = true }
        #expect(response.status == 400 && response.json["code"] as? String == "no_such_operation")
    }

    @Test(arguments: [
        (#"{"method":"PUT"}"#, "key", "This field is required."),
        (#"{"method":"PUT","key":""}"#, "key", "This field is required."),
        (#"{"method":"PUT","key":1}"#, "key", "This field should be a string."),
        (#"{"method":"PUT","key":"../sam/a"}"#, "key", "Key should not have an empty, '.' or '..' segment"),
        (#"{"method":"PUT","key":"/a"}"#, "key", "Key should not have an empty, '.' or '..' segment"),
        (#"{"method":"PUT","key":"a%2f.."}"#, "key", "Invalid character in key"),
        (#"{"method":"PUT","key":"a\u0000"}"#, "key", "Invalid character in key"),
        (#"{"method":"PUT","key":"${filename}"}"#, "key", "Key should not use ${filename}: what is signed is one key"),
        (
            #"{"method":"PUT","key":"a","uploadId":"U","partNumber":10001}"#, "partNumber",
            "Should be a whole number from 1 to 10000"
        ),
        (#"{"method":"PUT","key":"a","partNumber":1.5}"#, "partNumber", "This field should be a whole number."),
        (#"{"method":"PUT","key":"a","expiresIn":-1}"#, "expiresIn", "This field should be a whole number."),
        (#"{"method":"GET","key":"a","uploadId":"a b"}"#, "uploadId", "Invalid upload id"),
        (
            #"{"method":"POST","key":"a","contentType":"text/html"}"#, "type",
            "Content-Type 'text/html' is not allowed; allowed: image/*"
        ),
    ])
    func refused(body: String, place: String, message: String) throws {
        let rules = UploadRules.make { $0.contentTypes = ["image/*"].compactMap(ContentTypePattern.init) }
        let response = try post(body, rules: rules)
        #expect(response.status == 400)
        #expect(response.json["errors"] as? [String: [String]] == [place: [message]])
    }

    @Test func limits() throws {
        let put = #"{"method":"PUT","key":"a"}"#
        #expect(try post(put, user: nil).status == 403)
        #expect(try post(put, ["CONTENT_TYPE": "text/plain"]).status == 415)
        #expect(try post(put, ["HTTP_SEC_FETCH_SITE": "cross-site"]).status == 403)
        #expect(try post(put) { $0.rules.bodyLimit = 3 }.status == 413)
        #expect(try post(#"{"method":"DELETE","key":"a"}"#).json["code"] as? String == "deleting_is_off")
        let short = try post(#"{"method":"PUT","key":"a","expiresIn":60}"#)
        #expect(short.json["expires"] as? Int == 60)
        #expect((short.json["url"] as? String)?.contains("&X-Amz-Expires=60&") == true)
    }
}
