import Testing

@testable import FastCGI

@Suite struct ResponseTests {
    func text(_ response: Response, head: Bool = false) -> String {
        String(decoding: response.encoded(head: head), as: UTF8.self)
    }

    @Test func isWrittenAsCGI() {
        let response = Response(
            status: 200, headers: [.init("Content-Type", "text/plain"), .init("content-length", "9")],
            body: Array("hello".utf8)
        )
        let head = "Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n"
        #expect(text(response) == head + "hello")
        #expect(text(response, head: true) == head)
    }

    @Test func noContentHasNoLength() {
        #expect(text(Response(status: 204, body: [1])) == "Status: 204 No Content\r\n\r\n")
    }

    @Test(
        "A control byte, a name that is no token or an odd status is never written",
        arguments: [
            Response.Header("X", "a\r\nSet-Cookie: b"), .init("X", "a\nb"), .init("X", "a\rb"), .init("X", "a\0b"),
            .init("X", "\t"), .init("X", "\u{7f}"), .init("X\r\nY", "a"), .init("X Y", "a"), .init("X:", "a"),
            .init("", "a"), .init("É", "a"),
        ])
    func isNeverSplit(_ header: Response.Header) {
        let response = Response(status: 200, headers: [.init("A", "b"), header], body: [65])
        #expect(text(response) == "Status: 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
    }

    @Test(arguments: [0, 100, 199, 600, -1, 1_000_000])
    func hasAStatusOfItsKind(_ status: Int) {
        #expect(text(Response(status: status)).hasPrefix("Status: 500 "))
    }

    @Test func otherBytesPass() {
        #expect(text(Response(status: 200, headers: [.init("X", "é ~")])).contains("X: é ~\r\n"))
    }
}
