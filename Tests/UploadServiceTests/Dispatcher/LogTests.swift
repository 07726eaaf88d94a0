import FastCGI
import Synchronization
import Testing

@testable import S3Authorization
@testable import UploadService

/// One line a request, and nothing in it that harms its reader or tells a secret.
struct LogTests {
    private func line(_ request: Request, _ change: (inout Site) -> Void = { _ in }) throws -> String {
        let log = LogRecorder()
        _ = Dispatcher(site: try .make(change), surroundings: .fixed(log: log)).respond(to: request)
        #expect(log.lines.count == 1)
        return log.lines.first ?? ""
    }

    @Test func signed() throws {
        let line = try line(.make(body: goodPolicy(), ["REQUEST_ID": "r-1"]))
        #expect(line == "id=r-1 action=sign status=200 user=frodo profile=default key=frodo/cat.png ms=0.0")
    }

    @Test func others() throws {
        #expect(
            try line(.make("GET", "/upload/empty_html", user: nil))
                == "id=0001020304050607 action=empty_html status=200 ms=0.0")
        #expect(
            try line(.make("GET", "/x")).hasPrefix(
                "id=0001020304050607 action=none status=404 reason=not_found message=\"There is"))
        let refused = try line(.make(body: goodPolicy(key: "sam/a")))
        #expect(
            refused.contains(
                #"status=403 user=frodo profile=default key=sam/a reason=not_permitted message="Key should start with 'frodo/'""#
            ))
        #expect(
            try line(.make(user: nil, body: goodPolicy())).contains("status=403 profile=default reason=login_required"))
    }

    @Test func refusals() throws {
        let log = LogRecorder()
        let dispatcher = Dispatcher(site: try .make(), surroundings: .fixed(log: log))
        _ = dispatcher.respond(to: .timedOut, nil)
        dispatcher.log("listening on a socket")
        #expect(log.lines.count == 2 && log.lines[0].contains("action=none status=408 reason=request_timeout"))
        #expect(log.lines[1] == #"event="listening on a socket""#)
    }

    @Test func milliseconds() throws {
        let log = LogRecorder()
        var surroundings = Surroundings.fixed(log: log)
        let times = Mutex([12_345 + 1_000_000, 1_000_000] as [Int64])
        surroundings.stopwatch = { times.withLock { $0.popLast() ?? 0 } }
        _ = Dispatcher(site: try .make(), surroundings: surroundings).respond(to: .make("GET", "/upload/empty_html"))
        #expect(log.lines.first?.hasSuffix(" ms=12.3") == true)
    }

    @Test func noSecrets() throws {
        let dispatcher = Dispatcher(site: try .make(), surroundings: .fixed())
        let response = dispatcher.respond(to: .make(body: goodPolicy()))
        let line = try line(.make(body: goodPolicy()))
        for secret in [response.json["signature"], response.json["policy"], "wJalrXUtn"] {
            #expect(!line.contains(try #require(secret as? String)))
        }
        let cookie = AnonymousCookie(secret: Secret("s")).issue(random: Array(0..<16), isSecure: true).setCookie
        let anonymous = Request.make(
            user: nil, body: goodPolicy(), ["HTTP_COOKIE": cookie, "QUERY_STRING": "token=T0KEN"])
        let other = try self.line(anonymous) { $0.anonymous = AnonymousCookie(secret: Secret("s")) }
        #expect(other.contains("user=~000102030405060708090a0b0c0d0e0f"))
        #expect(!other.contains(String(cookie.prefix { $0 != ";" }.suffix(64))) && !other.contains("T0KEN"))
    }

    /// The whole line, and its end.
    private static func ended(_ line: consuming LogLine) -> [UInt8] {
        var bytes: [UInt8] = []
        line.end { text in bytes = unsafe text.withUnsafeBufferPointer { unsafe Array($0) } }
        return bytes
    }

    @Test(arguments: [
        ("plain/value-1.2", "plain/value-1.2"), ("", "\"\""), ("a b", "\"a b\""), ("a=b", "\"a=b\""),
        ("a\"b\\c", #""a\"b\\c""#), ("a\nb\r\u{0}", #""a\x0ab\x0d\x00""#), ("\u{1b}[31m", #""\x1b[31m""#),
        ("\u{7f}", #""\x7f""#), ("a\u{85}b", #""a\xc2\x85b""#), ("straße", "\"straße\""), ("“写真” 🎉", "\"“写真” 🎉\""),
        ("a\u{202e}b", #""a\xe2\x80\xaeb""#), ("a\u{2028}b", #""a\xe2\x80\xa8b""#),
        ("a\u{200d}b", #""a\xe2\x80\x8db""#),
    ])
    func values(value: String, logged: String) {
        var line = LogLine()
        line.add("v", value)
        #expect(Self.ended(line) == Array("v=\(logged)".utf8))
    }

    private static func styled(_ style: LogStyle, _ severity: Severity = .info) -> String {
        var line = LogLine(style, severity, milliseconds: testTime * 1000 + 7)
        line.add("a", "x y")
        line.add("n", 3)
        line.add("ms", microseconds: 12_345)
        line.add("w", word: "word")
        return String(decoding: ended(line), as: UTF8.self)
    }

    @Test(arguments: [
        (LogStyle(.stamped), #"a="x y" n=3 ms=12.3 w=word"#), (LogStyle(.journal), #"<6>a="x y" n=3 ms=12.3 w=word"#),
        (LogStyle(.plain), #"time=2026-11-22T12:34:56.007Z level=info a="x y" n=3 ms=12.3 w=word"#),
        (LogStyle(.stamped, format: .json), #"{"a":"x y","n":3,"ms":12.3,"w":"word"}"#),
        (LogStyle(.journal, format: .json), #"<6>{"a":"x y","n":3,"ms":12.3,"w":"word"}"#),
        (
            LogStyle(.plain, format: .json),
            #"{"time":"2026-11-22T12:34:56.007Z","level":"info","a":"x y","n":3,"ms":12.3,"w":"word"}"#
        ),
    ])
    func styles(style: LogStyle, line: String) {
        #expect(Self.styled(style) == line)
    }

    @Test(arguments: [(Severity.error, "<3>"), (.warning, "<4>"), (.info, "<6>"), (.debug, "<7>")])
    func severities(severity: Severity, prefix: String) {
        #expect(Self.styled(LogStyle(.journal), severity).hasPrefix(prefix))
        for level in Severity.allCases {
            #expect(LogStyle(level: level).wants(severity) == (severity.number <= level.number))
        }
    }

    @Test func levels() throws {
        func logged(_ level: Severity, _ request: Request) throws -> Int {
            let log = LogRecorder()
            var surroundings = Surroundings.fixed(log: log)
            surroundings.style = LogStyle(level: level)
            _ = Dispatcher(site: try .make(), surroundings: surroundings).respond(to: request)
            return log.lines.count
        }
        for path in ["health", "time", "ready", "metrics"] {
            #expect(try logged(.info, .make("GET", "/upload/\(path)")) == 0)
            #expect(try logged(.debug, .make("GET", "/upload/\(path)")) == 1)
        }
        #expect(try logged(.info, .make(body: goodPolicy(key: "sam/a"))) == 1)
        #expect(try logged(.warning, .make(body: goodPolicy(key: "sam/a"))) == 0)
        #expect(try logged(.error, .make(body: goodPolicy(), ["COUNTERSIGN_PROFILE": "x"])) == 1)
    }

    /// Whatever a value is, a JSON line is JSON, and says the same.
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("a\"b\\c", "a\"b\\c"), ("a\nb\u{0}", #"a\x0ab\x00"#), ("straße 🎉", "straße 🎉"),
        ("\u{202e}", #"\xe2\x80\xae"#),
    ])
    func json(value: String, read: String) throws {
        var line = LogLine(isJSON: true)
        line.add("v", value)
        line.add("next", 1)
        var reader = JSONReader(Self.ended(line))
        var object = try reader.beginObject()
        #expect(try reader.nextMember(in: &object) == "v")
        #expect(try reader.readString() == ByteString(read))
        var bytes = LogLine(isJSON: true)
        bytes.add("v", ByteString([0x61, 0xff, 0xc3, 0x28]))
        #expect(String(decoding: Self.ended(bytes), as: UTF8.self) == #"{"v":"a\\xff\\xc3("}"#)
    }

    /// Whatever bytes come, the line is short, and UTF-8 without controls.
    @Test func bytes() {
        var line = LogLine()
        line.add("v", ByteString([0x61, 0xff, 0xc3, 0x28, 0xe2, 0x80]))
        #expect(Self.ended(line) == Array(#"v="a\xff\xc3(\xe2\x80""#.utf8))
        for text in [
            String(repeating: "a", count: 60_000), "x" + String(repeating: "é", count: 30_000),
            String(repeating: "\u{1}", count: 9000),
        ] {
            var line = LogLine()
            line.add("v", text)
            let bytes = Self.ended(line)
            #expect(bytes.count <= 4 * 512 + 4 && String(validating: bytes, as: UTF8.self) != nil)
        }
    }

    @Test func aHostileKeyIsOneShortLine() throws {
        let key = String(repeating: "k", count: 50_000)
        #expect(try line(.make(body: goodPolicy(key: key))).utf8.count < 1000)
        let lines = try line(.make(user: "a\u{1}", body: goodPolicy(key: #"frodo/\n\u001b"#)))
        #expect(lines.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
    }
}
