import FastCGI
import S3Authorization
import S3Client
import Testing

@testable import UploadService

@Suite struct CompletionPostTests {
    private static let whole = "key=frodo/a&uuid=u&name=a.jpg&bucket=b"

    private static func form(_ body: String) -> RequestError? {
        refusal { () throws(RequestError) in try CompletionPost(form: Array(body.utf8)) }
    }

    private static func json(_ body: String) -> RequestError? {
        refusal { () throws(RequestError) in try CompletionPost(json: Array(body.utf8)) }
    }

    @Test(arguments: [
        ("", ["key", "uuid", "name", "bucket"]), ("key=a", ["uuid", "name", "bucket"]),
        ("uuid=u&name=n&bucket=b", ["key"]), ("key=&uuid=u&name=n&bucket=b", ["key"]),
        ("key=a&uuid=u&name=&bucket=", ["name", "bucket"]), ("key=a&name=n&bucket=b&qquuid=u", ["uuid"]),
    ])
    func missingInForm(body: String, fields: [String]) throws {
        let error = try #require(Self.form(body))
        #expect(error.status == 400)
        #expect(error.details.map(\.place.description) == fields)
        #expect(error.details.allSatisfy { $0.message == "This field is required." })
        #expect(error.message == "Unable to complete your request. Errors with \(fields.joined(separator: ", "))")
        let answer = Answers.error(error, status: 400).json
        #expect(
            answer["errors"] as? [String: [String]]
                == Dictionary(
                    uniqueKeysWithValues: fields.map { ($0, ["This field is required."]) }))
    }

    @Test(arguments: ["key", "uuid", "name", "bucket", "etag"])
    func givenTwice(field: String) throws {
        let value = Self.whole.split(separator: "&").first { $0.hasPrefix("\(field)=") } ?? "etag=abc"
        #expect(Self.form("\(Self.whole)&\(value)&\(value)") == nil)
        let error = try #require(Self.form("\(Self.whole)&\(value)&\(field)=other"))
        #expect(error.fields == [field: "This field is there twice, with different values."])
        #expect(Self.form("\(field)=other&\(Self.whole)&\(value)")?.fields.keys.first == field)
        #expect(Self.form("\(Self.whole)&\(value)&\(field)=")?.fields.keys.first == field)
        let array = Self.form("\(Self.whole)&\(field)[]=a")
        #expect(array?.fields == [field: "This field should be a single value."])
        #expect(Self.form("\(Self.whole)&\(field)[x][y]=a")?.fields == array?.fields)
        let name = field.uppercased()
        #expect(Self.form("\(Self.whole)&\(name)=other") == nil, "another name")
    }

    @Test(arguments: [
        ("name", String(repeating: "n", count: 1024), nil),
        ("name", String(repeating: "n", count: 1025), "This field should have at most 1024 bytes."),
        ("name", String(repeating: "%C3%A9", count: 513), "This field should have at most 1024 bytes."),
        ("name", "a%0Ab", "This field should not have control characters."),
        ("name", "a%00", "This field should not have control characters."),
        ("name", "a%C2%85", "This field should not have control characters."),
        ("name", "a%E2%80%AE", nil),
        ("key", String(repeating: "k", count: 1025), "This field should have at most 1024 bytes."),
        ("key", "k%7F", "This field should not have control characters."),
        ("uuid", String(repeating: "u", count: 257), "This field should have at most 256 bytes."),
        ("uuid", "u%0D", "This field should not have control characters."),
    ])
    func limits(field: String, value: String, problem: String?) {
        let others = Self.whole.split(separator: "&").filter { !$0.hasPrefix("\(field)=") }.joined(separator: "&")
        #expect(Self.form("\(others)&\(field)=\(value)")?.fields == problem.map { [field: $0] })
    }

    @Test(arguments: [
        ("abc", "abc"), ("%22abc%22", "abc"), ("%2522abc%2522", "abc"), ("", nil),
        ("%229b2cf535f27731c974343645a3985328-3%22", "9b2cf535f27731c974343645a3985328-3"),
        ("W/%22abc%22", "abc"), ("opaque_Tag.1", "opaque_Tag.1"),
    ])
    func etags(posted: String, text: ByteString?) throws {
        let body = "\(Self.whole)&etag=\(posted)"
        #expect(try CompletionPost(form: Array(body.utf8)).etag?.text == text)
        #expect(try CompletionPost(form: Array(Self.whole.utf8)).etag == nil)
    }

    @Test(arguments: [
        "*", "%22%22", "%22a%22,%22b%22", "a,b", "%22abc", "a%20b", "%0Aabc", "abc%250A", "%25", "%25zz",
        "%22abc%22%0D%0Ax-amz-acl:+public-read", String(repeating: "a", count: 129), "%2525", "+",
    ])
    func badETags(posted: String) throws {
        let error = try #require(Self.form("\(Self.whole)&etag=\(posted)"))
        #expect(error.status == 400 && error.message == "Invalid key or bad ETag" && error.details.isEmpty)
    }

    @Test(arguments: ["a=%", "a=%FF", "a=1&a[b]=2"])
    func malformedForms(body: String) throws {
        let error = try #require(Self.form("\(Self.whole)&\(body)"))
        #expect(error.status == 400 && error.code.description == "malformed_form")
    }

    @Test func objectOfAnAPIClient() throws {
        let body = #"""
            {"key":"frodo/x","filename":"é.jpg","album":{"id": 7,"tags":["a"]},"n":1.50,"z":null,"etag":"\"abc\"",
            "uuid":null,"bucket":"b"}
            """#
        let post = try CompletionPost(json: Array(body.utf8))
        #expect(post.dialect == .json && post.key == "frodo/x" && post.name == "é.jpg" && post.bucket == "b")
        #expect(post.uuid == nil && post.etag?.text == "abc")
        #expect(
            post.parameters == [
                JSONMember("album", json: #"{"id": 7,"tags":["a"]}"#), JSONMember("n", json: "1.50"),
                JSONMember("z", json: "null"),
            ])
    }

    @Test(arguments: [
        (#"{"key":"k","filename":"n"}"#, "n"), (#"{"key":"k","name":"n"}"#, "n"),
        (#"{"key":"k","name":"n","filename":"n"}"#, "n"), (#"{"key":"k","filename":"n","name":null}"#, "n"),
    ])
    func nameOrFilename(body: String, name: ByteString) throws {
        let post = try CompletionPost(json: Array(body.utf8))
        #expect(post.name == name && post.bucket == nil && post.parameters.isEmpty)
    }

    @Test(arguments: [
        ("{}", ["key": "This field is required.", "filename": "This field is required."]),
        (#"{"key":1,"filename":"n"}"#, ["key": "This field should be a string."]),
        (
            #"{"key":["k"],"filename":{}}"#,
            ["key": "This field should be a string.", "filename": "This field should be a string."]
        ),
        (#"{"key":null,"filename":"n"}"#, ["key": "This field is required."]),
        (#"{"key":"k","filename":""}"#, ["filename": "This field is required."]),
        (#"{"key":"k","filename":"a","name":"b"}"#, ["filename": "This field is there twice, with different values."]),
        (#"{"key":"k","filename":"a\u0000"}"#, ["filename": "This field should not have control characters."]),
        (#"{"key":"k","filename":"a","bucket":true}"#, ["bucket": "This field should be a string."]),
    ])
    func badObjects(body: String, fields: [String: String]) throws {
        let error = try #require(Self.json(body))
        #expect(error.status == 400 && error.fields == fields)
    }

    @Test(arguments: [
        "", "[]", "null", #""key""#, "{", #"{"key":"k","filename":"n"} x"#, #"{"key":"k","key":"l","filename":"n"}"#,
        "key=k&filename=n", #"{"key":"\ud800","filename":"n"}"#,
        #"{"key":"k","filename":"n","a":"# + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
            + "}",
    ])
    func malformedJSON(body: String) throws {
        #expect(try #require(Self.json(body)).code.description == "malformed_json")
    }

    @Test(arguments: [
        ("application/x-www-form-urlencoded", "", true), ("application/X-WWW-form-urlencoded; charset=UTF-8", "", true),
        ("text/plain", "", false), ("", "", false), ("multipart/form-data", "", false),
        ("application/x-www-form-urlencodedx", "", false), ("text/plain", "https://www.example.org", true),
        ("", "https://www.example.org", true), ("", "https://evil.example", false),
    ])
    func contentTypes(type: String, origin: String, isTaken: Bool) throws {
        let request = Request.make(body: Array(Self.whole.utf8), ["CONTENT_TYPE": type, "HTTP_ORIGIN": origin])
        let inquiry = Inquiry(request, at: try .make())
        let error = refusal { () throws(RequestError) in try CompletionPost(inquiry) }
        #expect((error == nil) == isTaken)
        #expect(error.map { $0.status == 415 } ?? true)
    }
}
