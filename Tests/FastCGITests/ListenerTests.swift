import Glibc
import Testing

@testable import FastCGI

@Suite struct ListenerTests {
    let directory = temporaryDirectory()

    @Test func ownSocketIsForTheGroup() throws {
        let path = directory + "/a"
        let listener = try Listener("unix:" + path)
        var status = stat()
        #expect(unsafe lstat(path, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o660)
        #expect(Listener.isListening(listener.descriptors[0]))
        listener.close()
        #expect(unsafe lstat(path, &status) != 0)
    }

    @Test func staleSocketIsReplaced() throws {
        let path = directory + "/b"
        let first = try Listener("unix:" + path)
        close(first.descriptors[0])
        try Listener("unix:" + path).close()
    }

    @Test func liveSocketIsNot() throws {
        let path = directory + "/c"
        let first = try Listener("unix:" + path)
        #expect(throws: ListenerError.inUse(path)) { try Listener("unix:" + path) }
        #expect(Peer(path) != nil)
        first.close()
    }

    @Test func otherFilesAreNot() throws {
        let path = directory + "/d"
        close(unsafe creat(path, 0o600))
        #expect(throws: ListenerError.notASocket(path)) { try Listener("unix:" + path) }
        unsafe symlink(path, path + "l")
        #expect(throws: ListenerError.notASocket(path + "l")) { try Listener("unix:" + path + "l") }
    }

    @Test func anotherSocketOfTheNameIsLeft() throws {
        let path = directory + "/e"
        let first = try Listener("unix:" + path)
        unsafe unlink(path)
        let second = try Listener("unix:" + path)
        first.close()
        #expect(Peer(path) != nil)
        second.close()
    }

    @Test(arguments: [
        "", "unix:", "/tmp/x", "tcp:", "tcp:9000", "tcp:localhost:9000", "tcp:127.0.0.1:0", "tcp:127.0.0.1:x",
    ])
    func addressesAreExact(_ text: String) {
        #expect(throws: ListenerError.address(text)) { try Listener(text) }
    }

    @Test func longPathIsRefused() {
        let path = "/tmp/" + String(repeating: "x", count: 103)
        #expect(throws: ListenerError.pathTooLong(path)) { try Listener("unix:" + path) }
    }

    @Test func launchTellsCGI() throws {
        guard case .cgi = try Launch.detect(listen: nil, environment: Parameters([("GATEWAY_INTERFACE", "CGI/1.1")]))
        else { return #expect(Bool(false)) }
        guard case .none = try Launch.detect(listen: nil, environment: Parameters([])) else {
            return #expect(Bool(false))
        }
        let foreign = Parameters([("LISTEN_PID", "1"), ("LISTEN_FDS", "1"), ("GATEWAY_INTERFACE", "CGI/1.1")])
        guard case .cgi = try Launch.detect(listen: nil, environment: foreign) else { return #expect(Bool(false)) }
    }

    @Test(arguments: ["0", "65", "x", "", "-1"])
    func countOfSocketsIsChecked(_ count: String) {
        let environment = Parameters([("LISTEN_PID", "7"), ("LISTEN_FDS", count)])
        #expect(throws: ListenerError.noSockets) {
            try Launch.detect(listen: nil, environment: environment, process: 7)
        }
    }
}

func temporaryDirectory() -> String {
    var template = Array("/tmp/fcgi-XXXXXX".utf8CString)
    return unsafe template.withUnsafeMutableBufferPointer { bytes in
        guard let start = bytes.baseAddress, let path = unsafe mkdtemp(start) else { return "/nonexistent" }
        return unsafe String(cString: path)
    }
}
