import Testing

@testable import S3Authorization

/// Keys in the spellings of the wild, the document around the text, and texts made at random.
struct RESTSpellingTests {
    @Test(arguments: [
        (KeySpelling.segments, "frodo/a%20b%2B%C3%A9%27%281%29%2A%21~.bin"),
        (.component, "frodo%2Fa%20b%2B%C3%A9'(1)*!~.bin"), (.whole, "frodo%2Fa%20b%2B%C3%A9%27%281%29%2A%21~.bin"),
        (.path, "frodo/a%20b+%C3%A9'(1)*!~.bin"),
    ])
    func spellings(_ spelling: KeySpelling, text: String) throws {
        let key: ByteString = "frodo/a b+é'(1)*!~.bin"
        #expect(spelling.spell(key) == ByteString(text))
        let read = try #require(KeySpelling.read(ByteString(text)))
        #expect(read.text == key && read.spelling == spelling)
        for (sample, old) in [(RESTSample.part2, "frodo/a%20b.png"), (RESTSample.part4, "frodo/a%20b.png")] {
            let authorized = try RESTSample(sample.replacing(old, with: text)).authorize()
            #expect(authorized.key == key)
            #expect(authorized.text == ByteString(sample.replacing(old, with: text)))
        }
    }

    /// A form's space: S3 would store a plus sign.
    @Test(arguments: [
        "frodo%2Fa+b%C3%A9.bin", "frodo/%61", "frodo/a%2b", "frodo%2fa", "frodo%2Fa/b", "frodo/a%", "é", "a b",
    ])
    func noSpelling(_ text: String) {
        #expect(KeySpelling.read(ByteString(text)) == nil)
    }

    @Test(arguments: [
        (#"{"headers":"x"}"#, true), (#" {"headers" : "x"} "#, true), (#"{"headers":"x","a":1}"#, true),
        (#"{"a":{},"headers":"x"}"#, true), (#"{"headers":""}"#, false), (#"{"headers":1}"#, false),
        (#"{"headers":null}"#, false), (#"{"headers":["x"]}"#, false), (#"{"a":{"headers":"x"}}"#, false),
        (#"{"conditions":[{"x-amz-meta-a":"\"headers\""}]}"#, false), (#"["headers","x"]"#, false), ("", false),
        (#"{"headers":"x""#, false), (#"{"headers":"x"}x"#, false), (#"{"headers":"x","headers":"y"}"#, false),
    ])
    func documents(_ body: String, isRequest: Bool) {
        #expect((RESTRequest(parsing: Array(body.utf8)) != nil) == isRequest)
    }

    @Test func anotherMemberIsRefused() throws {
        let text = RESTSample.part2.replacing("\n", with: "\\n")
        let request = try #require(RESTRequest(parsing: Array(#"{"headers":"\#(text)","conditions":[]}"#.utf8)))
        #expect(request.key == "frodo/a b.png" && request.operation == .uploadPart(3, uploadID: "2~U.p_1-x"))
        let sample = RESTSample("")
        #expect(throws: PolicyViolations.self) {
            try sample.rules.authorize(
                request, for: Caller(prefix: KeyPrefix(user: "frodo")), signedBy: sample.credentials,
                at: Endpoint(parsing: ByteString(sample.endpoint)), addressing: .virtual, now: sample.now)
        }
    }

    /// What is written from types reads back as the same, and is signed.
    @Test func roundTrips() throws {
        var random = SystemRandomNumberGenerator()
        func text(_ letters: String, _ range: ClosedRange<Int>) -> ByteString {
            ByteString(
                (0..<Int.random(in: range, using: &random)).map { _ in
                    Array(letters.utf8).randomElement(using: &random) ?? 0x61
                })
        }
        let plain = "abcXYZ019-._~"
        for _ in 0..<2000 {
            let id = text(plain, 1...40)
            let operations: [MultipartOperation] = [
                .initiate, .uploadPart(.random(in: 1...10_000, using: &random), uploadID: id), .complete(uploadID: id),
                .abort(uploadID: id),
            ]
            let operation = try #require(operations.randomElement(using: &random))
            let sample = RESTSample("")
            let time = try sample.now.adding(seconds: .random(in: -900...900, using: &random))
            let isVersion4 = Bool.random(using: &random)
            let hash = operation.hasBody ? PayloadHash(of: Array(id.bytes)) : .empty
            var headers = [HeaderField("x-amz-date", time.text(isVersion4 ? .basic : .http))]
            if isVersion4 {
                headers.append(HeaderField("x-amz-content-sha256", hash.text))
                headers.append(HeaderField("host", "uploads.s3.example.org:8443"))
            }
            if operation == .initiate {
                headers.append(HeaderField("x-amz-acl", "private"))
                headers.append(HeaderField("x-amz-meta-" + text("abc", 1...9), text(plain, 0...9)))
            }
            let scope = try CredentialScope(time: time, region: "us-east-1")
            let type: ByteString = operation == .complete(uploadID: id) ? "application/xml; charset=UTF-8" : ""
            let request = MultipartRequest(
                operation: operation, key: "frodo/" + text("abc 019-._~!'()*+&=@:,;$[]?#", 1...30) + "x",
                spelling: try #require(KeySpelling.allCases.randomElement(using: &random)), time: time,
                headers: headers.sorted { $0.name.precedes($1.name) },
                version: isVersion4
                    ? .v4(scope, payloadHash: hash.text) : .v2(bucket: "uploads", contentType: type))
            let authorized = try RESTSample(request.text.whole.description).authorize()
            #expect(authorized.text == request.text.whole)
            #expect(authorized.key == request.key && authorized.operation == operation)
        }
    }
}

extension ByteString {
    fileprivate static func + (left: ByteString, right: ByteString) -> ByteString {
        ByteString(left.bytes + right.bytes)
    }
}
