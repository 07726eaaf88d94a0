import FastCGI
import S3Authorization
import Testing
import UploadService

@testable import OperatorCommands

/// Requests that are made up here, and what they are made of; a real store is written to in the tests from end to end.
struct ShellTests {
    static let policy = """
        {"conditions": [{"acl": "bucket-owner-full-control"}, {"bucket": "example-uploads"}, {"key": "frodo/1.jpg"},
            {"Content-Type": "image/jpeg"}, {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
            {"x-amz-credential": "AKIAUPLOADS/20300317/eu-central-1/s3/aws4_request"},
            {"x-amz-date": "20300317T174640Z"}, ["content-length-range", 1, 1000]]}
        """

    static func desk(_ change: (String) -> String = { $0 }) throws -> Desk {
        var surroundings = Surroundings.real
        surroundings.now = { Client.now * 1000 }
        return try Desk(try Desks.configuration { change($0) + "\n[profiles.small]\nmax_size = 100" }, surroundings)
    }

    static func shell(
        user: String = "frodo", profile: String? = nil, method: Shell.Method? = nil,
        _ change: (String) -> String = { $0 }
    ) throws -> Shell {
        try Shell(try desk(change), user: user, profile: profile, method: method)
    }

    static func text(_ answer: ShellAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }

    @Test func signsAsABrowsersRequestIsSigned() throws {
        let answer = try Self.shell().sign(Array(Self.policy.utf8))
        #expect(answer.isGood && answer.status == 200, "\(Self.text(answer))")
        let desk = try Self.desk()
        let request = Request(
            parameters: Parameters([
                ("REQUEST_METHOD", "POST"), ("SCRIPT_NAME", "/upload/sign"), ("CONTENT_TYPE", "application/json"),
                ("REMOTE_USER", "frodo"),
            ]), body: Array(Self.policy.utf8))
        let browsers = Dispatcher(site: desk.site, surroundings: desk.surroundings).respond(to: request)
        #expect(answer.body == browsers.body && answer.status == browsers.status)
        #expect(Self.text(answer).hasPrefix(#"{"policy":""#))
        #expect(!Self.text(answer).contains(Desks.uploadsSecret))
    }

    @Test(arguments: [
        ("sam", nil, 403, #""code":"not_permitted""#), ("", nil, 403, #""error":"Log in before uploading""#),
        ("..", nil, 403, #""code":"unusable_user_name""#), ("frodo", "small", 400, "content-length-range"),
    ])
    func refusesWhatABrowserWouldBeRefused(user: String, profile: String?, status: Int, words: String) throws {
        let answer = try Self.shell(user: user, profile: profile).sign(Array(Self.policy.utf8))
        #expect(!answer.isGood && !answer.mayBeRepeated && answer.status == status)
        #expect(Self.text(answer).contains(words) && answer.complaint?.isEmpty == false)
    }

    @Test func refusesWhatIsNoPolicy() throws {
        for text in ["", "{", "[]", #"{"conditions": 1}"#] {
            #expect(try Self.shell().sign(Array(text.utf8)).isGood == false, "\(text)")
        }
    }

    @Test func givesTheUserInTheConfiguredParameterAlone() throws {
        let change: (String) -> String = { $0 + "\n[identity]\nparameter = \"AUTH_USER\"\n" }
        #expect(try Self.shell(change).sign(Array(Self.policy.utf8)).isGood)
    }

    @Test func presignsAsTheProfileOrTheOperatorSays() throws {
        let file = FileToSend(name: "photo & more.jpg", type: "image/jpeg", size: 7)
        let form = try UploadLeave(parsing: Self.shell().presign(file).body)
        #expect(form.isForm && form.key.hasPrefix("frodo/") && form.fields.contains { $0.name == "policy" })
        let put = try UploadLeave(parsing: Self.shell(method: .put).presign(file).body)
        #expect(!put.isForm && put.url.contains("X-Amz-Signature="))
        #expect(put.headers.contains(HeaderField("content-type", "image/jpeg")))
        let small = try Self.shell(profile: "small", method: .put)
        #expect(small.presign(file).isGood)
        #expect(!small.presign(FileToSend(name: "x", type: "image/jpeg", size: 101)).isGood)
    }

    @Test func knowsNoOtherProfile() throws {
        #expect(throws: Shell.Failure.unknownProfile("large")) { try Self.shell(profile: "large") }
        #expect(throws: Never.self) { try Self.shell(profile: "default") }
    }

    @Test func complainsOnOneLine() {
        #expect("a\nb\u{1b}[2J\u{9b}2J\u{7f}é ☃".onOneLine == "a b [2J 2J é ☃")
    }

    @Test func saysWhatLiesBehindARefusal() throws {
        let hook = "\n[hook]\ncommand = [\"/bin/sh\", \"-c\", \"exit 75\"]\nauthorize = true\n"
        let answer = try Self.shell { $0 + hook }.sign(Array(Self.policy.utf8))
        #expect(answer.mayBeRepeated && answer.status == 503)
        #expect(answer.cause == "the hook exited with 75")
        #expect(answer.complaint == "\(answer.problem ?? ""): the hook exited with 75")
    }
}

struct ShellCompletionTests {
    static func completion(_ change: (String) -> String = { $0 }) throws -> ShellCompletion {
        let nobody = "endpoint = \"http://127.0.0.1:1\"\naddressing = \"path\""
        return try ShellCompletion(try ShellTests.shell { change($0.replacing(#/endpoint = .*/#, with: nobody)) })
    }

    @Test func needsSomewhereToCompleteTo() throws {
        #expect(throws: Shell.Failure.nothingIsCompletedHere) {
            try Self.completion { $0.replacing(#/(?s)\[storage\].*?\n\n/#, with: "") }
        }
    }

    @Test(arguments: [("sam/1.jpg", "frodo/"), ("frodo/\u{1}", "Errors with key"), ("", "Errors with key")])
    func refusesForGood(key: String, words: String) throws {
        let outcome = try Self.completion().run(ByteString(key), name: "x")
        #expect(outcome.fate == .refused && outcome.words.contains(words), "\(outcome.words)")
        #expect(String(decoding: outcome.json, as: UTF8.self).contains(#""answer":{"invalid":true,"success":false"#))
    }

    @Test func makesNoOtherKeyOfOneThatIsNoText() throws {
        let outcome = try Self.completion().run(ByteString([0x66, 0xff]), name: "x")
        #expect(outcome.fate == .refused)
        #expect(outcome.text == Array("refused  f%ff  a key is UTF-8".utf8))
        #expect(
            String(decoding: outcome.json, as: UTF8.self)
                == #"{"upload":"f%ff","outcome":"refused","reason":"a key is UTF-8"}"#)
    }

    @Test(arguments: ["x", nil])
    func mayBeTriedAgain(name: String?) throws {
        let outcome = try Self.completion().run("frodo/1.jpg", name: name)
        #expect(outcome.fate == .unfinished, "\(outcome)")
        #expect((outcome.answer == nil) == (name == nil))
    }
}

struct FileToSendTests {
    @Test func escapesItsQuery() {
        #expect(FileToSend(name: "a&b=c +é").query == "filename=a%26b%3Dc%20%2B%C3%A9")
        var file = FileToSend(name: "a", type: "image/png", size: 3)
        #expect(file.query == "filename=a&type=image%2Fpng&size=3")
        file.status = 204
        #expect(file.query.hasSuffix("&size=3&success_action_status=204"))
    }

    @Test func saysWhatIsNoFile() {
        #expect(throws: FileToSend.Failure.notAFile) { try FileToSend(path: "/") }
        #expect(throws: FileToSend.Failure.notAFile) { try FileToSend(path: "/dev/null") }
        #expect(throws: FileToSend.Failure.unreadable(2)) { try FileToSend(path: "/nonexistent/x") }
    }
}
