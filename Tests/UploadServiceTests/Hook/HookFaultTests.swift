import Glibc
import S3Authorization
import S3Client
import Testing

@testable import UploadService

/// The hook's faults of the completion's list, over real sockets.
@Suite struct HookFaultTests {
    private func call(
        _ url: String, unixSocket: String? = nil, timeout: Int64 = 60_000, deadline: Int64 = 60_000
    ) throws -> (verdict: HookVerdict, milliseconds: Int64) {
        let hook = HTTPHook(
            url: try #require(HTTPURL(ByteString(url))), unixSocket: unixSocket, signature: try .make(),
            timeout: timeout, transport: CurlTransport(stopwatch: realStopwatch), stopwatch: realStopwatch)
        let start = realStopwatch()
        let verdict = hook.call(.make(), until: .within(milliseconds: deadline))
        return (verdict, (realStopwatch() - start) / 1000)
    }

    private func answer(_ head: String, _ body: String = "") -> String {
        "HTTP/1.1 \(head)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    @Test func acceptedOverTCP() throws {
        let server = try LoopbackServer(sending: answer("200 OK", #"{"id":42}"#))
        defer { server.stop() }
        #expect(try call(server.url).verdict.members == ["id": "42"])
        let request = try #require(server.requests.first)
        #expect(request.hasPrefix("POST /hook HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"))
        #expect(request.contains("\r\nUser-Agent: countersign\r\n"))
        #expect(request.contains("\r\nContent-Type: application/json\r\n"))
    }

    @Test func acceptedOverAUnixSocket() throws {
        let path = "/tmp/countersign-hook-\(getpid())-\(realStopwatch()).sock"
        let server = try LoopbackServer(path: path, sending: answer("200 OK"))
        defer {
            server.stop()
            _ = unsafe unlink(path)
        }
        #expect(try call("http://localhost/uploads/done?a=b", unixSocket: path).verdict == .accepted([]))
        #expect(server.requests.first?.hasPrefix("POST /uploads/done?a=b HTTP/1.1\r\nHost: localhost\r\n") == true)
    }

    @Test func nobodyListens() throws {
        let server = try LoopbackServer(sending: "")
        let url = server.url
        server.stop()
        #expect(try call(url).verdict.reason?.hasPrefix("the hook cannot be reached: ") == true)
        #expect(
            try call("http://localhost/", unixSocket: "/tmp/no-such.sock").verdict.reason?
                .hasPrefix("the hook cannot be reached: ") == true)
    }

    @Test(arguments: [(300, 60_000), (60_000, 300)] as [(Int64, Int64)])
    func neverAnswers(timeout: Int64, deadline: Int64) throws {
        let server = try LoopbackServer(sending: "", closing: false)
        defer { server.stop() }
        let (verdict, length) = try call(server.url, timeout: timeout, deadline: deadline)
        #expect(verdict == .undecided("the hook did not answer in time"))
        #expect((250..<30_000).contains(length))
    }

    @Test func aGigabyte() throws {
        let piece = String(repeating: "a", count: 1 << 20)
        let server = try LoopbackServer(
            sending: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + piece, times: 1024)
        defer { server.stop() }
        #expect(try call(server.url).verdict == .undecided("the hook's answer is larger than 65536 bytes"))
        #expect(server.sentBytes < 64 << 20)
    }

    @Test func aRedirectIsNotFollowed() throws {
        let other = try LoopbackServer(sending: answer("200 OK"))
        defer { other.stop() }
        for location in ["http://169.254.169.254/latest/meta-data/", other.url] {
            let server = try LoopbackServer(sending: answer("302 Found\r\nLocation: \(location)"))
            defer { server.stop() }
            #expect(try call(server.url).verdict == .undecided("the hook answered 302"))
        }
        #expect(other.requests.isEmpty)
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nCon",
    ])
    func cutAndForeignAnswers(bytes: String) throws {
        let server = try LoopbackServer(sending: bytes)
        defer { server.stop() }
        #expect(try call(server.url).verdict.reason != nil)
    }

    @Test func reasonsHoldNoSecret() throws {
        let errors: [TransportError] = [
            .library("x"), .unreachable("x"), .untrusted("x"), .interrupted("x"), .timedOut, .badAnswer("x"),
            .answerTooLarge,
        ]
        for error in errors {
            let hook = HTTPHook(
                url: try #require(HTTPURL("https://e.org/?token=TOKEN")), signature: try .make(), timeout: 1,
                transport: OneAnswer(error), stopwatch: { 0 })
            let reason = try #require(hook.call(.make(), until: Deadline(microseconds: 1)).reason)
            #expect(reason.hasPrefix("the hook") && !reason.contains("TOKEN") && !reason.contains("whsec"))
        }
    }
}
