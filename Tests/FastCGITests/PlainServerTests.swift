import Glibc
import Testing

@testable import FastCGI

@Suite(.timeLimit(.minutes(5))) struct PlainServerTests {
    private func ask(_ path: String, _ text: String) throws -> String {
        let peer = try #require(Peer(path))
        peer.send(Array(text.utf8))
        return String(decoding: peer.received(), as: UTF8.self)
    }

    private func serve(_ body: (String) throws -> Void) throws {
        let path = temporaryDirectory() + "/operators"
        let server = try PlainServer(try Listener("unix:" + path)) { request in
            let names: [StaticString] = ["REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT"]
            let values = names.map { name in
                String(decoding: request.parameters[name] ?? ArraySlice("-".utf8), as: UTF8.self)
            }
            return Response(status: 200, headers: [], body: Array(values.joined(separator: "|").utf8))
        }
        try server.start()
        defer { server.stop() }
        try body(path)
    }

    @Test(arguments: [
        ("GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "GET|/health||-"),
        ("GET /metrics?a=b HTTP/1.0\nACCEPT:text/plain\n\n", "GET|/metrics|a=b|text/plain"),
        ("POST / HTTP/1.1\r\nAccept-Language: de\r\n\r\n", "POST|/||-"),
    ])
    func answers(text: String, body: String) throws {
        try serve { path in
            let answer = try ask(path, text)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("\r\nConnection: close\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n" + body))
        }
    }

    @Test func headHasNoBody() throws {
        try serve { path in
            let answer = try ask(path, "HEAD /health HTTP/1.1\r\n\r\n")
            #expect(answer.contains("Content-Length: 15\r\n") && answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test(arguments: [
        "GET /health\r\n\r\n", "GET  /health HTTP/1.1\r\n\r\n", "GET health HTTP/1.1\r\n\r\n",
        "GET /a\u{1} HTTP/1.1\r\n\r\n", "GET /ä HTTP/1.1\r\n\r\n", "GET /health HTTP/2.0\r\n\r\n", "\r\n\r\n\r\n",
        "G@T /health HTTP/1.1\r\n\r\n", "GET /health HTTP/1.1\r\nno colon\r\n\r\n",
        "GET /health HTTP/1.1\r\nHost : x\r\n\r\n", "GET /" + String(repeating: "x", count: 9000),
    ])
    func refuses(text: String) throws {
        try serve { path in
            let answer = try ask(path, text)
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func silentPeersKeepNobodyWaiting() throws {
        try serve { path in
            let silent = try (0..<2).map { _ in try #require(Peer(path)) }
            let answer = try ask(path, "GET /time HTTP/1.1\r\n\r\n")
            #expect(answer.hasSuffix("GET|/time||-"))
            withExtendedLifetime(silent) {}
        }
    }

    /// LISTEN_FDNAMES says which of the inherited sockets are for operators.
    @Test func namedSockets() throws {
        let directory = temporaryDirectory()
        let sockets = try ["a", "b", "c"].map { try Listener("unix:\(directory)/\($0)").descriptors[0] }
        let names = ["countersign", "operations", ""].map { ArraySlice($0.utf8) }
        let listener = try Listener(inherited: sockets, names: names)
        #expect(listener.descriptors == [sockets[0], sockets[2]])
        #expect(listener.operators?.descriptors == [sockets[1]])
        #expect(throws: ListenerError.noSockets) { try Listener(inherited: [sockets[1]], names: [names[1]]) }
    }
}
