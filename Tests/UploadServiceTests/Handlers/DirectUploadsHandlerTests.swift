import FastCGI
import Foundation
import S3Authorization
import Testing

@testable import S3Client
@testable import UploadService

/// ActiveStorage's direct uploads, and the `signed_id` that stands for them.
@Suite struct DirectUploadsHandlerTests {
    private static let md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="
    private static let blob =
        #"{"blob":{"filename":"A é.PNG","content_type":"image/png","byte_size":12,"checksum":"\#(md5)"}}"#
    private static let tickets = TicketKeys(secrets: [Secret("a secret of thirty-two bytes or more")])

    private func post(
        _ body: String, user: String? = "frodo", rules: UploadRules = .make(), _ parameters: [String: String] = [:],
        _ change: (inout Site) -> Void = { _ in }
    ) throws -> Response {
        let request = Request.make("POST", "/upload/direct_uploads", user: user, body: Array(body.utf8), parameters)
        let site = try Site.make(rules: rules) {
            $0.tickets = Self.tickets
            change(&$0)
        }
        return Dispatcher(site: site, surroundings: .fixed()).respond(to: request)
    }

    @Test func aBlob() throws {
        let response = try post(Self.blob, ["HTTP_X_CSRF_TOKEN": "token", "HTTP_X_REQUESTED_WITH": "XMLHttpRequest"])
        #expect(response.status == 200, "\(response.text)")
        let answer = response.json
        let key = "frodo/00010203-0405-4607-8809-0a0b0c0d0e0f/A-.PNG"
        #expect(answer["key"] as? String == key && answer["filename"] as? String == "A é.PNG")
        #expect(answer["content_type"] as? String == "image/png" && answer["byte_size"] as? Int == 12)
        #expect(answer["checksum"] as? String == Self.md5)
        let direct = try #require(answer["direct_upload"] as? [String: Any])
        #expect(
            direct["headers"] as? [String: String] == ["content-type": "image/png", "content-md5": Self.md5])
        let url = try #require(direct["url"] as? String)
        #expect(url.contains("X-Amz-SignedHeaders=content-length%3Bcontent-md5%3Bcontent-type%3Bhost&"))
        let tickets = try #require(Self.tickets)
        let ticket = try tickets.open(
            ByteString(answer["signed_id"] as? String ?? ""), for: .directUpload, owner: "frodo/",
            at: try SigningTime(secondsSince1970: testTime + 86_399))
        #expect(ticket.key == ByteString(key) && ticket.size == 12 && ticket.checksum == ByteString(Self.md5))
        #expect(ticket.type == "image/png" && ticket.name == "A é.PNG" && ticket.profile == "default")
    }

    @Test func aPUTWhateverTheProfileSays() throws {
        let none = Self.blob.replacing(#""image/png""#, with: "null")
        let response = try post(none) { $0.rules.method = .post }
        #expect(response.json["content_type"] as? String == "application/octet-stream")
    }

    @Test(arguments: [
        ("{}", ["blob.filename", "blob.byte_size", "blob.checksum"]),
        (#"{"blob":1}"#, ["blob"]), (#"{"blob":null}"#, ["blob"]), (#"{"blob":[{}]}"#, ["blob"]),
        (blob.replacing("12", with: "-1"), ["blob.byte_size"]),
        (blob.replacing("12", with: "\"12\""), ["blob.byte_size"]),
        (blob.replacing(md5, with: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), ["blob.checksum"]),
        (blob.replacing("A é.PNG", with: ""), ["blob.filename"]),
        (blob.replacing(#""image/png""#, with: "{}"), ["blob.content_type"]),
        (blob.replacing("A é.PNG", with: "\\u0000"), ["blob.filename"]),
        (blob.replacing("12", with: "1001"), ["size"]), (blob.replacing("image/png", with: "text/html"), ["type"]),
    ])
    func refused(body: String, places: [String]) throws {
        let rules = UploadRules.make {
            $0.maximumSize = 1000
            $0.contentTypes = ["image/*"].compactMap(ContentTypePattern.init)
        }
        let response = try post(body, rules: rules)
        #expect(response.status == 400)
        #expect(Set((response.json["errors"] as? [String: Any] ?? [:]).keys) == Set(places), "\(response.text)")
    }

    @Test func limits() throws {
        #expect(try post(Self.blob, user: nil).status == 403)
        #expect(try post(Self.blob, ["CONTENT_TYPE": "text/plain"]).status == 415)
        #expect(try post(Self.blob, ["HTTP_ORIGIN": "https://evil.org"]).status == 403)
        #expect(try post(Self.blob) { $0.tickets = nil }.json["code"] as? String == "not_configured")
    }

    // MARK: Completion

    private func opened(
        _ signedID: String, user: ByteString = "frodo", key: ByteString = "", profile: ByteString = "default",
        after seconds: Int64 = 0
    ) throws -> CompletionPost {
        var post = CompletionPost(dialect: .json, key: key, name: "", signedID: ByteString(signedID))
        let owner = Identity(prefix: try KeyPrefix(user: user), name: user)
        try post.open(
            Self.tickets, owner, Site.Profile(name: profile, rules: .make()),
            at: try SigningTime(secondsSince1970: testTime + seconds))
        return post
    }

    @Test func aSignedIDStandsForKeyAndName() throws {
        let answer = try post(Self.blob).json
        let signedID = try #require(answer["signed_id"] as? String)
        let post = try opened(signedID)
        #expect(post.key.description == answer["key"] as? String && post.name == "A é.PNG" && post.bucket == "uploads")
        #expect(post.declaration == UploadDeclaration(size: 12, type: "image/png", md5: ByteString(Self.md5)))
        #expect(
            try opened(signedID, key: post.key)
                == {
                    var same = post
                    same.key = post.key
                    return same
                }())
        for refused in [
            { try opened(signedID, user: "sam") }, { try opened(signedID, key: "frodo/other") },
            { try opened(signedID, profile: "small") }, { try opened(signedID, after: 86_400) },
            { try opened(String(signedID.dropLast())) }, { try opened("B" + signedID.dropFirst()) },
            { try opened("x") },
        ] as [() throws -> CompletionPost] {
            let error = #expect(throws: RequestError.self) { try refused() }
            #expect(error?.status == 403)
        }
    }

    @Test func inAFormAndInJSON() throws {
        let form = try CompletionPost(form: Array("signed_id=abc&album=1".utf8))
        #expect(form.signedID == "abc" && form.key.isEmpty && form.parameters.map(\.name) == ["album"])
        let json = try CompletionPost(json: Array(#"{"signed_id":"abc"}"#.utf8))
        #expect(json.signedID == "abc" && json.name.isEmpty)
        #expect(throws: RequestError.self) { try CompletionPost(json: Array(#"{"signed_id":1}"#.utf8)) }
        #expect(throws: RequestError.self) { try CompletionPost(form: Array("signed_id=".utf8)) }
    }

    @Test(
        arguments: [
            (12, "image/png", "d41d8cd98f00b204e9800998ecf8427e", nil, true),
            (12, "image/png", "D41D8CD98F00B204E9800998ECF8427E", nil, true),
            (13, "image/png", "d41d8cd98f00b204e9800998ecf8427e", nil, false),
            (12, "text/html", "d41d8cd98f00b204e9800998ecf8427e", nil, false),
            (12, nil, "d41d8cd98f00b204e9800998ecf8427e", nil, false),
            (12, "image/png", "d41d8cd98f00b204e9800998ecf8427f", nil, false),
            (12, "image/png", "d41d8cd98f00b204e9800998ecf8427f", "AES256", false),
            (12, "image/png", "d41d8cd98f00b204e9800998ecf8427f", "aws:kms", true),
            (12, "image/png", "d41d8cd98f00b204e9800998ecf8427e-1", nil, false),
        ] as [(Int64, String?, String, String?, Bool)])
    func declarations(size: Int64, type: String?, tag: String, encryption: String?, holds: Bool) throws {
        let head = ObjectHead(
            size: size, etag: try #require(ETag(parsing: ByteString(tag))), contentType: type.map { ByteString($0) },
            metadata: [], encryption: encryption.map { ByteString($0) })
        let declaration = UploadDeclaration(size: 12, type: "image/png", md5: ByteString(Self.md5))
        #expect(declaration.holds(for: head) == holds)
    }
}
