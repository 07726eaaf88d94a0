import Glibc
import Testing

@testable import FastCGI

@Suite struct ParametersTests {
    let parameters = Parameters([("REQUEST_METHOD", "POST"), ("A", ""), ("REMOTE_USER", "frodo"), ("", "nameless")])

    @Test func findsBytes() {
        #expect(parameters["REQUEST_METHOD"].map(Array.init) == Array("POST".utf8))
        #expect(parameters["A"] == [])
        #expect(parameters["REMOTE_USE"] == nil)
        #expect(parameters["REMOTE_USER_"] == nil)
        #expect(parameters[""] == nil)
        #expect(parameters[dynamic: "REMOTE_USER"].map(Array.init) == Array("frodo".utf8))
        #expect(parameters[dynamic: Array("REMOTE_USER".utf8)].map(Array.init) == Array("frodo".utf8))
    }

    @Test func readsAnEnvironment() {
        let strings = ["PATH=/bin", "EMPTY=", "TWO=a=b", "NOSIGN", "=nameless"]
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        let parameters = unsafe pointers.withUnsafeMutableBufferPointer {
            unsafe Parameters(environment: $0.baseAddress)
        }
        #expect(parameters["PATH"].map(Array.init) == Array("/bin".utf8))
        #expect(parameters["EMPTY"] == [])
        #expect(parameters["TWO"].map(Array.init) == Array("a=b".utf8))
        #expect(parameters["NOSIGN"] == nil)
        #expect(Parameters.ofProcess["PATH"] != nil)
    }

    @Test(arguments: [
        ([("A", "1"), ("A", "1")], true, false),
        ([("A", "1"), ("A", "2")], true, true),
        ([("A", "1"), ("A", "1"), ("A", "")], true, true),
        ([("REMOTE_ADDR", "1"), ("SERVER_ADDR", "1"), ("A", "1")], false, false),
        ([("AB", "1"), ("A", "B1")], false, false),
    ])
    func tellsContradictions(_ pairs: [(String, String)], _ mayRepeat: Bool, _ isContradicted: Bool) {
        let parameters = Parameters(pairs)
        #expect(parameters.mayRepeat == mayRepeat)
        #expect(parameters.isContradicted(Array("A".utf8)) == isContradicted)
    }

    @Test func manyNamesAreSearchedWhole() {
        let parameters = Parameters((0..<300).map { ("N\($0)", "") } + [("A", "1"), ("A", "2")])
        #expect(parameters.mayRepeat)
        #expect(throws: Refusal.malformed(.contradiction("A"))) {
            try RequestCheck(trusted: ["A"]).parameters(
                Parameters([("REQUEST_METHOD", "GET"), ("A", "1"), ("A", "2")]))
        }
    }

    @Test(arguments: [
        ("", ContentLength.missing), ("0", .bytes(0)), ("0053", .bytes(53)), ("9223372036854775807", .bytes(.max)),
        ("9223372036854775808", .invalid), ("-1", .invalid), ("+1", .invalid), ("5 ", .invalid), ("0x5", .invalid),
        ("1.0", .invalid), ("٥", .invalid),
    ])
    func readsContentLength(_ text: String, _ expected: ContentLength) {
        #expect(ContentLength(Array(text.utf8)[...]) == expected)
    }
}
