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
        var stream =
            [1, 0] + Array("A".utf8) + [4, 0x80, 0, 0, 200] + Array("LONG".utf8) + long + [1, 3] + Array("Aa=b".utf8)
        var parameters = try Parameters(taking: &stream)
        #expect(stream.isEmpty)
        #expect(parameters["A"] == [])
        #expect(parameters["LONG"].map(Array.init) == long)
        #expect(parameters["LON"] == nil)
        #expect(parameters.isContradicted(Array("A".utf8)))
        #expect(parameters.recycle().isEmpty && parameters["A"] == nil)
        #expect(try Parameters(taking: &stream)["A"] == nil)
    }

    @Test(
        arguments: [
            ([1, 1, 0x41], .broken), ([1], .broken), ([0x80, 0, 0], .broken), ([0xff, 0xff, 0xff, 0xff, 0], .broken),
            ([1, 0, 0x41, 5, 0], .broken), ([0, 0, 1, 9, 0x41], .broken),
            ([0, 1, 0x41], .malformed(.parameterName)), ([2, 0, 0x41, 0x3d], .malformed(.parameterName)),
            ([2, 0, 0x41, 0], .malformed(.nulInParameter)), ([1, 2, 0x41, 0x42, 0], .malformed(.nulInParameter)),
            ([2, 0, 0x41, 0, 1, 1, 0x41, 0x42], .malformed(.nulInParameter)), ([0, 1, 0], .malformed(.nulInParameter)),
            ([0, 0], .malformed(.parameterName)), ([1, 1, 0x41, 0, 1, 0, 0x3d], .malformed(.parameterName)),
        ] as [([UInt8], Parameters.Unreadable)])
    func refusesAStream(_ stream: [UInt8], _ problem: Parameters.Unreadable) {
        var stream = stream
        #expect(throws: problem) { try Parameters(taking: &stream) }
    }

    static let pairs: [([(String, String)], Bool, Bool)] = [
        ([("A", "1"), ("A", "1")], true, false),
        ([("A", "1"), ("A", "2")], true, true),
        ([("A", "1"), ("A", "1"), ("A", "")], true, true),
        ([("REMOTE_ADDR", "1"), ("SERVER_ADDR", "1"), ("A", "1")], false, false),
        ([("X_A_12345678", "1"), ("Y_A_12345678", "2"), ("ABC", "1"), ("ABCD", "1")], false, false),
        ([("AB", "1"), ("A", "B1")], false, false),
    ]

    @Test(arguments: pairs)
    func tellsContradictions(_ pairs: [(String, String)], _ mayRepeat: Bool, _ isContradicted: Bool) {
        let parameters = Parameters(pairs)
        #expect(parameters.mayRepeat == mayRepeat)
        #expect(parameters.isContradicted(Array("A".utf8)) == isContradicted)
    }

    /// The table takes no more than 192 names, whatever they hash to.
    @Test(arguments: [191, 192, 193, 256, 400])
    func namesThatEndAlikeAreFound(_ count: Int) throws {
        let names = (0..<count).map { Array("N\($0 + 100)_SAME_END".utf8) }
        var stream = names.flatMap { [UInt8($0.count), UInt8($0.count)] + $0 + $0 }
        var parameters = try Parameters(taking: &stream)
        for name in names { #expect(parameters[dynamic: name].map(Array.init) == name) }
        #expect(parameters[dynamic: "N99_SAME_END"] == nil)
        #expect(parameters.mayRepeat == (count > 192))
        #expect(!parameters.isContradicted(names[0]))
        // What somebody still holds of one request, the next does not write over.
        let kept = parameters[dynamic: names[0]]
        stream = parameters.recycle()
        stream += [UInt8](repeating: 0xff, count: 10_000)
        #expect(kept.map(Array.init) == names[0] && parameters[dynamic: names[0]] == nil)
    }

    @Test func manyNamesAreSearchedWhole() {
        let parameters = Parameters((0..<300).map { ("N\($0)", "") } + [("A", "1"), ("A", "2")])
        #expect(parameters.mayRepeat && parameters.isContradicted(Array("A".utf8)))
        #expect(parameters["A"].map(Array.init) == Array("1".utf8))
        #expect(parameters[dynamic: "N7"] == [] && parameters[dynamic: "N299"] == [])
        #expect(parameters[dynamic: "N300"] == nil)
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
