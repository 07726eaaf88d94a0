import S3Authorization
import Testing

@testable import UploadService

@Suite struct NestedFormTests {
    private static func json(_ form: String) throws -> String {
        let members = try NestedForm(FormReader.pairs(ByteString(form))).members
        return members.map { "\($0.name)=\($0.json)" }.joined(separator: " ")
    }

    @Test(arguments: [
        ("a=1", #"a="1""#),
        ("a=1&b=2", #"a="1" b="2""#),
        ("b=1&a=2&b[]", #"b="1" a="2" b[]=refused"#),
        ("a=1&a=2&a=3", #"a=["1","2","3"]"#),
        ("user[name]=x", #"user={"name":"x"}"#),
        ("user%5Bname%5D=x&user%5Btags%5D%5B0%5D=y", #"user={"name":"x","tags":["y"]}"#),
        ("tags[]=a&tags[]=b", #"tags=["a","b"]"#),
        ("tags[0]=a&tags[1]=b", #"tags=["a","b"]"#),
        ("tags[1]=b&tags[0]=a", #"tags=["a","b"]"#),
        ("tags[0]=a&tags[]=b", #"tags=["a","b"]"#),
        ("tags[5]=a&tags[]=b", #"tags={"5":"a","6":"b"}"#),
        ("tags[1]=a", #"tags={"1":"a"}"#),
        ("tags[00]=a&tags[]=b", #"tags={"00":"a","0":"b"}"#),
        ("tags[0]=a&tags[x]=b", #"tags={"0":"a","x":"b"}"#),
        ("t[][a]=1&t[][a]=2", #"t=[{"a":"1"},{"a":"2"}]"#),
        ("t[0][a]=1&t[0][b]=2", #"t=[{"a":"1","b":"2"}]"#),
        ("z[b]=1&y=2&z[a]=3", #"z={"b":"1","a":"3"} y="2""#),
        ("a[999999999]=1&a[9999999999]=2", #"a={"999999999":"1","9999999999":"2"}"#),
        ("a[b=1&[c]=2&a]=3&a[b]c=4&a[[b]]=5", #"a[b="1" [c]="2" a]="3" a[b]c="4" a[[b]]="5""#),
        (#"q="\%0A"#, #"q="\"\\\n""#),
        ("a[%22]=1", #"a={"\"":"1"}"#),
        ("=1", #"="1""#),
        ("__proto__[x]=1", #"__proto__={"x":"1"}"#),
    ])
    func objects(form: String, expected: String) throws {
        if expected.hasSuffix("=refused") {
            #expect(throws: FormError.contradiction(pair: 3)) { try Self.json(form) }
        } else {
            #expect(try Self.json(form) == expected)
        }
    }

    @Test(arguments: [
        ("a=1&a[b]=2", 2), ("a[b]=1&a=2", 2), ("a[b]=1&a[b][c]=2", 2), ("x=1&a[]=1&a[0][b]=2", 3), ("a[]=1&a=2", 2),
    ])
    func contradictions(form: String, pair: Int) {
        #expect(throws: FormError.contradiction(pair: pair)) { try Self.json(form) }
    }

    @Test func depth() throws {
        let deepest = "a" + String(repeating: "[b]", count: 16)
        #expect(try Self.json(deepest + "=1").hasSuffix(#""1"}}}}}}}}}}}}}}}}"#))
        #expect(throws: FormError.tooDeep(pair: 1)) { try Self.json(deepest + "[]=1") }
    }

    /// Objects and arrays of any shape, encoded as Fine Uploader encodes them, come back the same.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func whatIsEncodedComesBack(seed: UInt64) throws {
        var random = Seeded(state: seed)
        var pairs: [(String, String)] = []
        func make(_ name: String, _ depth: Int) -> String {
            switch Int.random(in: 0...(depth < 4 ? 2 : 0), using: &random) {
            case 0:
                let value = random.text(0...6)
                pairs.append((name, value))
                var writer = JSONWriter()
                writer.string(value)
                return String(decoding: writer.bytes, as: UTF8.self)
            case 1:
                let count = Int.random(in: 1...3, using: &random)
                return "[" + (0..<count).map { make("\(name)[\($0)]", depth + 1) }.joined(separator: ",") + "]"
            default:
                let names = ["é", "x y", "k\"", "01"].shuffled(using: &random).prefix(2)
                return "{"
                    + names.map { key in
                        var writer = JSONWriter()
                        writer.string(key)
                        return String(decoding: writer.bytes, as: UTF8.self) + ":" + make("\(name)[\(key)]", depth + 1)
                    }.joined(separator: ",") + "}"
            }
        }
        let expected = (0..<3).map { "r\($0)=" + make("r\($0)", 0) }.joined(separator: " ")
        #expect(try Self.json(String(decoding: urlencoded(pairs), as: UTF8.self)) == expected)
    }

    /// 64 KiB made to be slow: each is read or refused at once.
    static let slowForms: [String] = [
        "a" + String(repeating: "[", count: 65_000), "a" + String(repeating: "]", count: 65_000),
        "a" + String(repeating: "[]", count: 32_000), "a" + String(repeating: "[b]", count: 21_000) + "=1",
        String(repeating: "[", count: 65_000), String(repeating: "a[]&", count: 1000),
        (0..<1000).map { "a[\($0)][][][][][][][][][][][][][][][]=1" }.joined(separator: "&"),
        (0..<1000).map { "a[k\($0)]=1" }.joined(separator: "&"),
        (0..<1000).map { "a\($0)[x][y][z]=" + String(repeating: "%01", count: 15) }.joined(separator: "&"),
        String(repeating: "&", count: 65_000), String(repeating: "a=1&", count: 1000),
        String(repeating: "=", count: 65_000), String(repeating: "%41", count: 21_000),
    ]

    @Test(arguments: slowForms)
    func floods(form: String) {
        let time = processorTime { _ = try? Self.json(form) }
        #expect(time < .milliseconds(200) * slowdown, "\(form.prefix(20))… \(form.utf8.count)")
    }
}
