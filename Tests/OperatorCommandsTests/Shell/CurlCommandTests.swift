import S3Authorization
import Testing

@testable import OperatorCommands

/// The line as it is printed; a real shell runs it in the tests from end to end.
struct CurlCommandTests {
    static let form = UploadLeave(
        isForm: true, url: "https://example-uploads.s3.amazonaws.com/", key: "frodo/1.jpg",
        fields: [HeaderField("key", "frodo/1.jpg"), HeaderField("x-amz-meta-who", "@o'neil; <b>")])
    static let put = UploadLeave(
        isForm: false, url: "https://s3.example/uploads/frodo/1.jpg?X-Amz-Signature=12", key: "frodo/1.jpg",
        headers: [HeaderField("content-type", "image/jpeg"), HeaderField("x-amz-meta-nothing", "")])

    static func text(_ leave: UploadLeave, _ path: String, user: String = "frodo") -> String {
        String(decoding: CurlCommand(leave, path: path, user: user).text, as: UTF8.self)
    }

    @Test func postsForms() {
        #expect(
            Self.text(Self.form, "photo.jpg") == #"""
                curl --globoff --silent --show-error --fail-with-body \
                    --form-string 'key=frodo/1.jpg' \
                    --form-string 'x-amz-meta-who=@o'\''neil; <b>' \
                    --form 'file=@-' \
                    --url 'https://example-uploads.s3.amazonaws.com/' < './photo.jpg'
                # then: countersign complete --user 'frodo' -- 'frodo/1.jpg'
                """#)
    }

    @Test func putsFiles() {
        #expect(
            Self.text(Self.put, "/srv/photo.jpg") == #"""
                curl --globoff --silent --show-error --fail-with-body \
                    --header 'content-type: image/jpeg' \
                    --header 'x-amz-meta-nothing;' \
                    --upload-file '/srv/photo.jpg' \
                    --url 'https://s3.example/uploads/frodo/1.jpg?X-Amz-Signature=12'
                # then: countersign complete --user 'frodo' -- 'frodo/1.jpg'
                """#)
    }

    @Test(arguments: [
        ("-", "'./-'"), (".", "'./.'"), ("-x", "'./-x'"), ("a b", "'./a b'"), ("a\nb", "'./a\nb'"),
        ("'", #"'./'\'''"#), (#"$(id)`id`\"#, #"'./$(id)`id`\'"#), ("//x", "'//x'"),
    ])
    func namesAnyFile(path: String, word: String) {
        #expect(Self.text(Self.form, path).contains(" < \(word)\n"))
        #expect(Self.text(Self.put, path).contains("--upload-file \(word) "))
    }

    /// What follows a line break in a comment would be run.
    @Test(arguments: ["\n", "\r", "\u{7f}", "\0"])
    func commentsNothingThatWouldBeRun(character: String) {
        var leave = Self.form
        #expect(!Self.text(leave, "x", user: "a\(character)b").contains("then:"))
        leave.key = ByteString("a\(character)b")
        #expect(!Self.text(leave, "x").contains("then:"))
    }

    @Test func readsWhatThePresignerWrites() throws {
        let json = """
            {"method":"post","url":"https://s3.example/","fields":{"b":"2","a":"\\u00e9"},"headers":{},"key":"k","expires":300}
            """
        let leave = try UploadLeave(parsing: Array(json.utf8))
        #expect(leave.isForm && leave.url == "https://s3.example/" && leave.key == "k" && leave.headers.isEmpty)
        #expect(leave.fields == [HeaderField("b", "2"), HeaderField("a", "é")])
        #expect(try !UploadLeave(parsing: Array(json.replacing("post", with: "put").utf8)).isForm)
        #expect(throws: JSONError.self) { try UploadLeave(parsing: Array(json.dropLast().utf8)) }
        #expect(throws: JSONError.self) { try UploadLeave(parsing: Array(json.replacing("\"2\"", with: "2").utf8)) }
    }
}
