import Glibc
import S3Authorization
import S3Client
import Testing

/// libcurl against a server that does everything wrong that a server can.
@Suite struct FaultTests {
    init() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    private func exchange(
        _ script: [FaultServer.Step], method: ByteString = "GET", milliseconds: Int64 = 30_000, limit: Int = 65_536,
        timeouts: HTTPRequest.Timeouts = HTTPRequest.Timeouts()
    ) throws -> Result<HTTPAnswer, TransportError> {
        let server = try FaultServer([script])
        defer { server.stop() }
        let request = HTTPRequest(
            method: method, url: ByteString(server.url + "/b/k"), limit: limit, timeouts: timeouts)
        return outcome(request, milliseconds: milliseconds)
    }

    private func outcome(_ request: HTTPRequest, milliseconds: Int64 = 30_000) -> Result<HTTPAnswer, TransportError> {
        let transport = CurlTransport(stopwatch: monotonicMicroseconds)
        do throws(TransportError) {
            return .success(
                try transport.exchange(
                    request, until: Deadline(milliseconds: milliseconds, after: monotonicMicroseconds())))
        } catch {
            return .failure(error)
        }
    }

    enum Kind: Equatable { case ok, library, unreachable, untrusted, interrupted, timedOut, badAnswer, tooLarge }

    private func kind(_ result: Result<HTTPAnswer, TransportError>) -> Kind {
        switch result {
        case .success: .ok
        case .failure(.library): .library
        case .failure(.unreachable): .unreachable
        case .failure(.untrusted): .untrusted
        case .failure(.interrupted): .interrupted
        case .failure(.timedOut): .timedOut
        case .failure(.badAnswer): .badAnswer
        case .failure(.answerTooLarge): .tooLarge
        }
    }

    static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: \"a\"\r\n\r\nhi"
    static let pad = [UInt8](repeating: 0x61, count: 65_536)

    static let faults: [(String, [FaultServer.Step], Kind)] = [
        ("answer", [.send(ok)], .ok), ("100 first", [.send("HTTP/1.1 100 Continue\r\n\r\n"), .send(ok)], .ok),
        ("answer in single bytes", [.drip(Array(ok.utf8), 1)], .ok),
        ("reset before the status", [.reset], .interrupted), ("close without a byte", [], .interrupted),
        ("reset in the head", [.send("HTTP/1.1 200 OK\r\nCont"), .wait(50), .reset], .interrupted),
        ("half a head", [.send("HTTP/1.1 200 OK\r\nCont")], .badAnswer),
        ("short body", [.send("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nhi")], .badAnswer),
        ("bad chunk", [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n")], .badAnswer),
        ("cut chunks", [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")], .badAnswer),
        (
            "both lengths",
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")], .badAnswer
        ),
        ("no HTTP", [.send("BOGUS 200\r\n\r\n")], .badAnswer), ("no status", [.send("HTTP/1.1 \r\n\r\n")], .badAnswer),
        ("status 999", [.send("HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n")], .badAnswer),
        ("1 MB of headers", [.send("HTTP/1.1 200 OK\r\n"), .flood(Array("a: b\r\n".utf8), 174_763)], .tooLarge),
        ("a header of 1 MB", [.send("HTTP/1.1 200 OK\r\na: "), .flood(pad, 16)], .tooLarge),
        (
            "1 GB of body", [.send("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n"), .flood(pad, 16_384)],
            .tooLarge
        ),
        (
            "1 GB in chunks",
            [.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n"), .flood(pad, 16_384)], .tooLarge
        ),
    ]

    @Test(arguments: faults.indices) func `a fault is what it is`(index: Int) throws {
        let (name, script, expected) = Self.faults[index]
        let result = try exchange(script)
        #expect(kind(result) == expected, "\(name): \(result)")
    }

    static let slow: [(String, [FaultServer.Step])] = [
        ("no answer", [.wait(60_000)]), ("a drip", [.drip(Array(ok.utf8), 500)]),
        ("a head and no body", [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"), .wait(60_000)]),
    ]

    @Test(arguments: slow.indices) func `the deadline ends what is slow`(index: Int) throws {
        let start = monotonicMicroseconds()
        let result = try exchange(Self.slow[index].1, milliseconds: 600)
        #expect(kind(result) == .timedOut, "\(Self.slow[index].0): \(result)")
        #expect((500_000...20_000_000).contains(monotonicMicroseconds() - start))
    }

    @Test func `the first byte has a limit of its own`() throws {
        let start = monotonicMicroseconds()
        let limits = HTTPRequest.Timeouts(connect: 10_000, firstByte: 2000)
        #expect(kind(try exchange([.wait(60_000)], milliseconds: 60_000, timeouts: limits)) == .timedOut)
        #expect(monotonicMicroseconds() - start < 30_000_000)
        let slowBody: [FaultServer.Step] = [
            .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"), .wait(4000), .send("hi"),
        ]
        #expect(kind(try exchange(slowBody, milliseconds: 60_000, timeouts: limits)) == .ok)
    }

    @Test func `nobody there is unreachable`() throws {
        let server = try FaultServer([[]])
        server.stop()
        #expect(kind(outcome(HTTPRequest(url: ByteString(server.url + "/")))) == .unreachable)
        #expect(kind(outcome(HTTPRequest(url: "http://no-such-host.invalid/"))) == .unreachable)
    }

    @Test func `plain http where TLS is wanted is not trusted`() throws {
        let server = try FaultServer([[.send(Self.ok)]])
        defer { server.stop() }
        #expect(kind(outcome(HTTPRequest(url: ByteString("https://127.0.0.1:\(server.port)/")))) != .ok)
        #expect(server.requests == [])
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://127.0.0.1/"])
    func `http and https are all there is`(url: ByteString) {
        guard case .failure(.badAnswer(let text)) = outcome(HTTPRequest(url: url)) else {
            Issue.record("\(url) was tried")
            return
        }
        #expect(text.contains("not supported or disabled"))
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func `a redirect is an answer like any other`(status: Int) throws {
        let target = try FaultServer([[.send(Self.ok)]])
        defer { target.stop() }
        let answer = "HTTP/1.1 \(status) X\r\nLocation: \(target.url)/\r\nContent-Length: 0\r\n\r\n"
        let result = try exchange([.send(answer)])
        #expect(try result.get().status == status)
        #expect(target.requests == [])
    }

    @Test func `no proxy of the environment is used`() throws {
        let proxy = try FaultServer([[.send(Self.ok)]])
        defer { proxy.stop() }
        let names = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        for name in names { unsafe setenv(name, proxy.url, 1) }
        defer { for name in names { unsafe unsetenv(name) } }
        #expect(kind(try exchange([.send(Self.ok)])) == .ok)
        #expect(proxy.requests == [])
    }

    @Test func `what is sent is what was asked, and nothing else`() throws {
        let server = try FaultServer([[.send(Self.ok)]])
        defer { server.stop() }
        let headers = [HeaderField("x-amz-meta-a", "1"), HeaderField("x-empty", ""), HeaderField("x-raw", "é")]
        let request = HTTPRequest(
            method: "PUT", url: ByteString(server.url + "/b/../a/./%2e%2E/k?x=%20"), headers: headers,
            body: Array("body".utf8))
        #expect(kind(outcome(request)) == .ok)
        #expect(
            server.requests == [
                """
                PUT /b/../a/./%2e%2E/k?x=%20 HTTP/1.1\r
                Host: 127.0.0.1:\(server.port)\r
                User-Agent: countersign\r
                Accept: */*\r
                x-amz-meta-a: 1\r
                x-empty:\r
                x-raw: é\r
                Content-Length: 4\r
                \r
                body
                """
            ])
    }

    @Test func `an empty body has a length`() throws {
        let server = try FaultServer([[.send(Self.ok)]])
        defer { server.stop() }
        #expect(kind(outcome(HTTPRequest(method: "PUT", url: ByteString(server.url + "/"), body: []))) == .ok)
        #expect(server.requests.first?.contains("Content-Length: 0\r\n") == true)
        #expect(server.requests.first?.contains("Content-Type") == false)
    }

    @Test func `a large body is sent without waiting to be asked`() throws {
        let server = try FaultServer([[.send(Self.ok)]])
        defer { server.stop() }
        let body = [UInt8](repeating: 0x62, count: 200_000)
        #expect(kind(outcome(HTTPRequest(method: "PUT", url: ByteString(server.url + "/"), body: body))) == .ok)
        #expect(server.requests.first?.contains("Expect") == false)
        #expect(server.requests.first?.utf8.suffix(200_000).allSatisfy { $0 == 0x62 } == true)
    }

    @Test func `a line end in a header is refused before anything is sent`() throws {
        let server = try FaultServer([[.send(Self.ok)]])
        defer { server.stop() }
        let headers = [HeaderField("x-a", "1\r\nx-b: 2")]
        #expect(kind(outcome(HTTPRequest(url: ByteString(server.url + "/"), headers: headers))) == .library)
        #expect(server.requests == [])
    }

    @Test func `a trailer is no header`() throws {
        let chunks =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: etag\r\n\r\n2\r\nhi\r\n0\r\netag: evil\r\n\r\n"
        let answer = try exchange([.send(chunks)]).get()
        #expect(answer.body == Array("hi".utf8))
        #expect(answer.header("etag") == nil)
    }

    @Test func `a connection is kept for the next request`() throws {
        let kept = FaultServer.Step.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        let server = try FaultServer([[kept, .keep]])
        defer { server.stop() }
        let transport = CurlTransport(stopwatch: monotonicMicroseconds)
        for _ in 0..<20 {
            _ = try transport.exchange(
                HTTPRequest(url: ByteString(server.url + "/")),
                until: Deadline(milliseconds: 30_000, after: monotonicMicroseconds()))
        }
        #expect(server.requests.count == 20)
        #expect(server.connections == 1)
    }

    @Test func `one secret is in no error`() throws {
        let server = try FaultServer([[.reset]])
        defer { server.stop() }
        let key = Credentials(
            accessKeyID: "AKIA", secret: Secret(S3Client.exampleSecret), sessionToken: "very-secret-token")
        let client = try S3Client(
            endpoint: Endpoint(parsing: ByteString(server.url)), addressing: .path, region: "us-east-1",
            credentials: StaticCredentials(key), transport: CurlTransport(stopwatch: monotonicMicroseconds),
            surroundings: .live)
        do {
            _ = try client.head(ObjectLocation(bucket: "b", key: "k"), until: client.deadline(milliseconds: 30_000))
            Issue.record("a reset is no answer")
        } catch {
            let text = "\(error) \(String(reflecting: error))"
            #expect(!text.contains(S3Client.exampleSecret) && !text.contains("very-secret-token"))
        }
        #expect(server.requests.count == 4)
    }
}
