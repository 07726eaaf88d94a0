import S3Authorization
import Testing

@testable import UploadService

@Suite struct HookTermsTests {
    private func terms(_ json: String) throws -> HookTerms {
        guard case .accepted(let members) = HookAnswer.accepted(Array(json.utf8)) else {
            throw HookTerms.Invalid.member("not JSON")
        }
        return try HookTerms(members)
    }

    @Test func none() throws {
        let terms = try terms(#"{"id": 7, "size": "x"}"#)
        #expect(terms.maximumSize == nil && terms.types == nil && terms.metadata.isEmpty)
        #expect(terms.size(within: 5) == 5)
        #expect(terms.allows(try #require(ContentType("a/b"))))
    }

    @Test func all() throws {
        let terms = try terms(
            #"{"maxSize": 1000, "types": ["image/*", "application/pdf"], "metadata": {"album-id": "7", "owner": "Zoë"}}"#
        )
        #expect(terms.size(within: 5) == 5 && terms.size(within: 5000) == 1000)
        #expect(terms.allows(try #require(ContentType("image/png"))))
        #expect(!terms.allows(try #require(ContentType("text/html"))))
        #expect(terms.metadata.map(\.name) == ["album-id", "owner"] && terms.metadata.map(\.value) == ["7", "Zoë"])
        #expect(try !self.terms(#"{"types": []}"#).allows(try #require(ContentType("image/png"))))
    }

    @Test(arguments: [
        (#"{"maxSize": "1000"}"#, "maxSize"), (#"{"maxSize": -1}"#, "maxSize"), (#"{"maxSize": 1.5}"#, "maxSize"),
        (#"{"maxSize": 1e3}"#, "maxSize"), (#"{"maxSize": 99999999999999999999}"#, "maxSize"),
        (#"{"maxSize": null}"#, "maxSize"), (#"{"types": "image/*"}"#, "types"), (#"{"types": [1]}"#, "types"),
        (#"{"types": ["image"]}"#, "types"), (#"{"metadata": []}"#, "metadata"),
        (#"{"metadata": {"a": 1}}"#, "metadata"),
        (#"{"metadata": {"A": "1"}}"#, "metadata"), (#"{"metadata": {"": "1"}}"#, "metadata"),
        (#"{"metadata": {"a": "b\r\nc"}}"#, "metadata"),
        ("{\"metadata\": {\"a\": \"\(String(repeating: "b", count: 2048))\"}}", "metadata"),
    ])
    func malformed(json: String, member: String) {
        #expect(throws: HookTerms.Invalid.member(member)) { try terms(json) }
    }

    @Test(arguments: [
        ("max_size", "maxSize"), ("MaxSize", "maxSize"), ("max-size", "maxSize"), ("Types", "types"),
        ("METADATA", "metadata"),
    ])
    func misspelled(name: String, right: String) {
        #expect(throws: HookTerms.Invalid.misspelled(name, for: right)) { try terms("{\"\(name)\": 1}") }
    }
}
