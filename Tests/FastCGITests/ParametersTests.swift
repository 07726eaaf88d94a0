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

    @Test func readsAStream() throws {
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 200)
        let stream =
            [1, 0] + Array("A".utf8) + [4, 0x80, 0, 0, 200] + Array("LONG".utf8) + long + [1, 3] + Array("Aa=b".utf8)
        let parameters = try Parameters(parsing: stream)
        #expect(parameters["A"] == [])
        #expect(parameters["LONG"].map(Array.init) == long)
        #expect(parameters["LON"] == nil)
        #expect(parameters.isContradicted(Array("A".utf8)))
        #expect(try Parameters(parsing: [])["A"] == nil)
    }

    @Test(
        arguments: [
            ([1, 1, 0x41], .broken), ([1], .broken), ([0x80, 0, 0], .broken), ([0xff, 0xff, 0xff, 0xff, 0], .broken),
            ([1, 0, 0x41, 5, 0], .broken), ([0, 0, 1, 9, 0x41], .broken),
            ([0, 1, 0x41], .malformed(.parameterName)), ([2, 0, 0x41, 0x3d], .malformed(.parameterName)),
            ([2, 0, 0x41, 0], .malformed(.nulInParameter)), ([1, 2, 0x41, 0x42, 0], .malformed(.nulInParameter)),
            ([2, 0, 0x41, 0, 1, 1, 0x41, 0x42], .malformed(.nulInParameter)),
        ] as [([UInt8], Parameters.Unreadable)])
    func refusesAStream(_ stream: [UInt8], _ problem: Parameters.Unreadable) {
        #expect(throws: problem) { try Parameters(parsing: stream) }
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
