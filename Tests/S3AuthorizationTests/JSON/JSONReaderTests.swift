import Testing

@testable import S3Authorization

/// The strict reader: what it takes, what it refuses, and at which byte.
struct JSONReaderTests {
    /// Reads one whole text as the service does.
    static func read(_ text: [UInt8]) throws(JSONError) -> ByteString {
        var reader = JSONReader(text)
        let value = try reader.readValue()
        try reader.end()
        return value
    }

    static func error(_ text: [UInt8]) -> JSONError? {
        do throws(JSONError) {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        "{}", "[]", "\"\"", "0", "-0", "1", "-1", "10", "0.0", "-0.5", "1e5", "1E+5", "1e-05", "123.456e+78",
        "9999999999999999999999999999999999", "true", "false", "null", " \t\r\n1\n", "[ ]", "{ }", "[1 , 2]",
        "{\"a\" : 1 ,\"b\":[{}]}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\"", "\"\\uD83D\\ude00\"", "\"\u{7f}\"",
        "\"\u{2028}\"", "{\"\":0}", "{\"a\":1,\"A\":2}",
    ])
    func takes(text: String) {
        #expect(Self.error(Array(text.utf8)) == nil)
    }

    static let refused: [(String, JSONError)] = [
        ("", .unexpectedEnd), (" ", .unexpectedEnd), ("{", .unexpectedEnd), ("[", .unexpectedEnd),
        ("[1", .unexpectedEnd), ("[1,", .unexpectedEnd), ("{\"a\"", .unexpectedEnd), ("{\"a\":", .unexpectedEnd),
        ("{\"a\":1", .unexpectedEnd), ("{\"a\":1,", .unexpectedEnd), ("\"", .unexpectedEnd), ("\"a", .unexpectedEnd),
        ("\"\\", .unexpectedEnd), ("\"\\u12", .unexpectedEnd), ("tru", .unexpectedEnd), ("-", .unexpectedEnd),
        ("nul", .unexpectedEnd),
        ("]", .unexpectedByte(at: 0)), ("}", .unexpectedByte(at: 0)), (",", .unexpectedByte(at: 0)),
        ("+1", .unexpectedByte(at: 0)), (".5", .unexpectedByte(at: 0)), ("'a'", .unexpectedByte(at: 0)),
        ("NaN", .unexpectedByte(at: 0)), ("Infinity", .unexpectedByte(at: 0)), ("True", .unexpectedByte(at: 0)),
        ("trux", .unexpectedByte(at: 0)), ("nulL", .unexpectedByte(at: 0)), ("falsy", .unexpectedByte(at: 0)),
        ("[1,]", .unexpectedByte(at: 3)), ("[,1]", .unexpectedByte(at: 1)), ("[1,,2]", .unexpectedByte(at: 3)),
        ("[1 2]", .unexpectedByte(at: 3)), ("{\"a\":1,}", .unexpectedByte(at: 7)), ("{a:1}", .unexpectedByte(at: 1)),
        ("{1:1}", .unexpectedByte(at: 1)), ("{\"a\" 1}", .unexpectedByte(at: 5)),
        ("{\"a\":1 \"b\":2}", .unexpectedByte(at: 7)), ("{\"a\":}", .unexpectedByte(at: 5)),
        ("[1}", .unexpectedByte(at: 2)), ("{\"a\":1]", .unexpectedByte(at: 6)), ("[01]", .unexpectedByte(at: 2)),
        ("[0x10]", .unexpectedByte(at: 2)), ("/**/1", .unexpectedByte(at: 0)), ("[1//\n]", .unexpectedByte(at: 2)),
        ("\u{feff}{}", .unexpectedByte(at: 0)), ("\u{a0}1", .unexpectedByte(at: 0)),
        ("\u{0c}1", .unexpectedByte(at: 0)),
        ("[١]", .unexpectedByte(at: 1)),
        ("-a", .badNumber(at: 0)), ("[1.]", .badNumber(at: 1)), ("[-.5]", .badNumber(at: 1)),
        (" 1e", .badNumber(at: 1)), ("[1e+]", .badNumber(at: 1)), ("1.e5", .badNumber(at: 0)),
        ("[0, 1.]", .badNumber(at: 4)),
        ("\"a\\x\"", .badEscape(at: 2)), ("\"\\'\"", .badEscape(at: 1)), ("\"\\u00g0\"", .badEscape(at: 1)),
        ("\"\\U0041\"", .badEscape(at: 1)), ("\"\\u+041\"", .badEscape(at: 1)),
        ("\"\\ud800\\u00g0\"", .badEscape(at: 1)),
        ("\"\\ud800\"", .loneSurrogate(at: 1)), ("\"\\udc00\"", .loneSurrogate(at: 1)),
        ("\"\\ud800x\"", .loneSurrogate(at: 1)), ("\"\\ud800\\n\"", .loneSurrogate(at: 1)),
        ("\"\\ud800\\ud800\"", .loneSurrogate(at: 1)), ("\"\\ud800\\u0041\"", .loneSurrogate(at: 1)),
        ("\"ab\\udc00\\ud800\"", .loneSurrogate(at: 3)),
        ("\"\u{0}\"", .controlCharacterInString(at: 1)), ("\"a\n\"", .controlCharacterInString(at: 2)),
        ("\"\u{1f}\"", .controlCharacterInString(at: 1)), ("\"\\n\t\"", .controlCharacterInString(at: 3)),
        ("{\"a\":1,\"a\":2}", .duplicateMember(at: 7)), ("{\"key\":1,\"\\u006bey\":2}", .duplicateMember(at: 9)),
        ("{\"\":1,\"\":2}", .duplicateMember(at: 6)), ("[{\"b\":{\"a\":1,\"a\":2}}]", .duplicateMember(at: 13)),
        ("{}{}", .trailingBytes(at: 2)), ("1 2", .trailingBytes(at: 2)), ("{}\u{0}", .trailingBytes(at: 2)),
        ("01", .trailingBytes(at: 1)), ("true1", .trailingBytes(at: 4)), ("[]]", .trailingBytes(at: 2)),
        ("-01", .trailingBytes(at: 2)), ("\"a\"\"b\"", .trailingBytes(at: 3)),
    ]

    @Test(arguments: refused)
    func refuses(text: String, error: JSONError) {
        #expect(Self.error(Array(text.utf8)) == error)
        #expect(!error.description.isEmpty)
    }

    /// Unicode 16, table 3-7, at every edge.
    @Test(
        arguments: [
            ([0xc2, 0x80], true), ([0xdf, 0xbf], true), ([0xe0, 0xa0, 0x80], true), ([0xe1, 0x80, 0x80], true),
            ([0xec, 0xbf, 0xbf], true), ([0xed, 0x80, 0x80], true), ([0xed, 0x9f, 0xbf], true),
            ([0xee, 0x80, 0x80], true),
            ([0xef, 0xbf, 0xbf], true), ([0xf0, 0x90, 0x80, 0x80], true), ([0xf1, 0x80, 0x80, 0x80], true),
            ([0xf3, 0xbf, 0xbf, 0xbf], true), ([0xf4, 0x8f, 0xbf, 0xbf], true),
            ([0x80], false), ([0xbf], false), ([0xc0, 0x80], false), ([0xc1, 0xbf], false), ([0xc2], false),
            ([0xc2, 0x7f], false), ([0xc2, 0xc0], false), ([0xe0, 0x9f, 0xbf], false), ([0xe1, 0x80], false),
            ([0xe1, 0x80, 0xc0], false), ([0xe1, 0xc0, 0x80], false), ([0xed, 0xa0, 0x80], false),
            ([0xed, 0xbf, 0xbf], false), ([0xf0, 0x8f, 0xbf, 0xbf], false), ([0xf1, 0x80, 0x80], false),
            ([0xf1, 0x80, 0x80, 0x7f], false), ([0xf4, 0x90, 0x80, 0x80], false), ([0xf5, 0x80, 0x80, 0x80], false),
            ([0xff], false), ([0xfe, 0xff], false), ([0xc0, 0xaf], false),
        ] as [([UInt8], Bool)])
    func multibyteCharacters(bytes: [UInt8], isWellFormed: Bool) {
        let quote = [UInt8(ascii: "\"")]
        let expected: JSONError? = isWellFormed ? nil : .notUTF8(at: 1)
        #expect(Self.error(quote + bytes + quote) == expected)
        // At the very end of the text, without its quote.
        #expect(Self.error(quote + bytes) == (isWellFormed ? .unexpectedEnd : .notUTF8(at: 1)))
    }

    @Test(arguments: [
        ("\"abc\"", "abc"), ("\"\\u0041\\u00e9\\u20ac\"", "Aé€"), ("\"\\ud83d\\ude00!\"", "😀!"), ("\"a\\/b\"", "a/b"),
        ("\"\\b\\f\\n\\r\\t\\\"\\\\\"", "\u{8}\u{c}\n\r\t\"\\"), ("\"é\\u0301é\"", "é\u{301}é"),
        ("\"x\\u0000y\"", "x\0y"),
        ("\"\\uFFFF\\uD7FF\\uE000\"", "\u{ffff}\u{d7ff}\u{e000}"), ("\"\\uDBFF\\uDFFF\"", "\u{10ffff}"),
    ])
    func stringsAreResolved(text: String, value: String) throws {
        var reader = JSONReader(Array(text.utf8))
        #expect(try reader.readString() == ByteString(value))
        try reader.end()
    }

    @Test(arguments: ["[", "{\"a\":"]) func depth(open: String) {
        let close = open == "[" ? "]" : "}"
        func nested(_ depth: Int) -> [UInt8] {
            let inner = open == "[" ? "" : "0"
            return Array((String(repeating: open, count: depth) + inner + String(repeating: close, count: depth)).utf8)
        }
        #expect(Self.error(nested(32)) == nil)
        #expect(Self.error(nested(33)) == .tooDeep(at: 32 * open.utf8.count))
        #expect(Self.error(Array(String(repeating: open, count: 60_000).utf8)) == .tooDeep(at: 32 * open.utf8.count))
        // Depth is of what is open, not of what has been.
        #expect(Self.error(Array(("[" + String(repeating: "[],", count: 100) + "[]]").utf8)) == nil)
    }

    @Test func members() {
        func object(_ count: Int) -> String {
            "{" + (0..<count).map { "\"m\($0)\":0" }.joined(separator: ",") + "}"
        }
        #expect(Self.error(Array(object(1000).utf8)) == nil)
        let offset = object(1000).utf8.count
        #expect(Self.error(Array(object(1001).utf8)) == .tooManyMembers(at: offset))
        #expect(Self.error(Array("[\(object(1000)),\(object(1000))]".utf8)) == nil)
    }

    @Test(arguments: ["1", "-0.5e+7", "\"a\\\"\"", "{ \"a\": [1, {}] }", "null"])
    func valuesGiveTheirText(text: String) throws {
        #expect(try Self.read(Array(" \(text) ".utf8)) == ByteString(text))
    }

    @Test func kinds() throws {
        let texts: [(String, JSONReader.Kind)] = [
            ("{}", .object), ("[]", .array), ("\"\"", .string), ("-1", .number), ("7", .number), ("true", .boolean),
            ("false", .boolean), ("null", .null),
        ]
        for (text, kind) in texts {
            var reader = JSONReader(Array(" \(text)".utf8))
            #expect(try reader.peek() == kind)
        }
    }
}
