import Testing

@testable import S3Authorization

/// The shape of a policy document, with drf-to-s3's messages.
struct PolicyShapeTests {
    static let strings = "Values in condition arrays should be numbers or strings: "

    @Test(arguments: [
        ("5", "Condition must be array or dictionary, not number: 5"),
        ("\"a\"", "Condition must be array or dictionary, not string: \"a\""),
        ("null", "Condition must be array or dictionary, not null: null"), ("[]", "Empty condition array: []"),
        ("[5,1]", "Missing element in condition array: [5,1]"),
        ("[\"eq\"]", "Missing element in condition array: [\"eq\"]"),
        ("[\"eq\",5,1]", "Missing element in condition array: [\"eq\",5,1]"),
        ("[\"eq\",\"acl\",\"private\"]", "Element name in condition array should start with $: acl"),
        ("[\"eq\",\"\",\"private\"]", "Element name in condition array should start with $: "),
        ("[\"eq\",\"$acl\"]", "Missing values in condition array: [\"eq\",\"$acl\"]"),
        ("[\"eq\",\"$acl\",\"a\",\"b\"]", "Too many values in condition array: [\"eq\",\"$acl\",\"a\",\"b\"]"),
        ("[\"ends-with\",\"$key\",\"a\"]", "Unknown operator in condition array: [\"ends-with\",\"$key\",\"a\"]"),
        ("[\"EQ\",\"$key\",\"a\"]", "Unknown operator in condition array: [\"EQ\",\"$key\",\"a\"]"),
        ("[\"content-length-range\",1]", "Missing values in condition array: [\"content-length-range\",1]"),
        ("[\"content-length-range\",1,2,3]", "Too many values in condition array: [\"content-length-range\",1,2,3]"),
        ("[\"eq\",\"$acl\",true]", strings + "[\"eq\",\"$acl\",true]"), ("[[]]", strings + "[[]]"),
        ("{}", "Missing element in condition dictionary: {}"),
        ("{\"acl\":\"private\",\"x\":[{}]}", "Too many values in condition dictionary: acl"),
    ])
    func conditions(condition: String, message: String) throws {
        let policy = try POSTPolicy(parsing: Array("{\"conditions\":[\(condition)]}".utf8))
        #expect(policy.violations == [PolicyViolation(.conditions, message)])
        #expect(policy.conditions.isEmpty)
    }

    @Test(arguments: ["null", "true", "[]", "{\"a\":1}"]) func memberValues(value: String) throws {
        let policy = try POSTPolicy(parsing: Array("{\"conditions\":[{\"acl\":\(value)}]}".utf8))
        let message = "Values in condition dictionaries should be numbers or strings"
        #expect(policy.violations == [PolicyViolation(.condition("acl"), message)])
    }

    /// However they are written, one after the other, each keeps its own name and value.
    @Test(arguments: [
        #"{"acl":"private"}"#, #"{ "acl" : "private" }"#, #"{"\u0061cl":"private"}"#, #"{"acl":"p\/v"}"#,
        #"{"acl":"prïvate"}"#, #"{"":""}"#, #"{"size":12}"#, #"["eq","$key","a\tb"]"#,
        #"["content-length-range",1,"\u0032"]"#,
    ])
    func conditionsBesideOthers(text: String) throws {
        let between = #"{"x-amz-meta-a":"1234567"},["eq","$a\u0062","\u0063"]"#
        let whole = "{\"conditions\":[\(between),\(text),\(between),\(text)]}"
        let policy = try POSTPolicy(parsing: Array(whole.utf8))
        let alone = try POSTPolicy(parsing: Array("{\"conditions\":[\(text)]}".utf8)).conditions
        let others = [
            Condition("x-amz-meta-a", .member(.string("1234567"))), Condition("ab", .equal(.string("c"))),
        ]
        #expect(policy.conditions == others + alone + others + alone && alone.count == 1)
        #expect(policy.names("AB", before: 2) && !policy.names("ab", before: 1))
        var copy = POSTPolicy(conditions: policy.conditions)
        #expect(copy.conditions == policy.conditions)
        copy.conditions.removeFirst(2)
        #expect(copy.conditions == alone + others + alone)
    }

    /// A condition that was read is a part of its document, or a copy where escapes were resolved; nobody can tell.
    @Test(arguments: [
        (#"{"acl":"private"}"#, Condition("acl", .member(.string("private")))),
        (#"{"\u0061cl":"private"}"#, Condition("acl", .member(.string("private")))),
        (#"{"acl":"pr\u0069vate"}"#, Condition("acl", .member(.string("private")))),
        (#"{"size": 12 }"#, Condition("size", .member(.number("12")))),
        (#"{"":""}"#, Condition("", .member(.string("")))),
        (#"["eq","$acl","a\\"]"#, Condition("acl", .equal(.string("a\\")))),
        (#"["starts-with","$key",""]"#, Condition("key", .startsWith(.string("")))),
        (
            #"["content-length-range",1,"20"]"#,
            Condition("content-length-range", .range(.number("1"), .string("20")))
        ),
    ])
    func conditionsAsWritten(text: String, condition: Condition) throws {
        let policy = try POSTPolicy(parsing: Array("{\"conditions\":[\(text)]}".utf8))
        #expect(policy.conditions == [condition] && policy.violations.isEmpty)
        #expect(policy.conditions.first?.element == condition.element)
        #expect(policy.conditions.first?.match == condition.match)
        #expect(condition != Condition(condition.element, .member(.string("another"))))
    }

    static let date = "Expiration should be a date and time such as 2030-01-31T23:59:59.000Z"

    @Test(arguments: [
        ("[]", [PolicyViolation(.conditions, "A policy should be a JSON object")]),
        ("7", [PolicyViolation(.conditions, "A policy should be a JSON object")]),
        ("{}", [PolicyViolation(.conditions, "This field is required.")]),
        (#"{"conditions":{}}"#, [PolicyViolation(.conditions, "Conditions should be an array")]),
        (#"{"conditions":null}"#, [PolicyViolation(.conditions, "Conditions should be an array")]),
        (#"{"conditions":[],"x":{"y":[]}}"#, [PolicyViolation(.conditions, "Unknown member of the policy: x")]),
        (#"{"conditions":[],"expiration":"e"}"#, [PolicyViolation(.expiration, date)]),
        (#"{"conditions":[],"expiration":5}"#, [PolicyViolation(.expiration, date)]),
        (#"{"conditions":[],"expiration":null}"#, [PolicyViolation(.expiration, date)]),
        (#"{"conditions":[],"expiration":"2026-13-01T00:00:00Z"}"#, [PolicyViolation(.expiration, date)]),
        (#"{"conditions":[]}"#, []), (#"{"conditions":[],"expiration":"2026-12-01T00:00:00.678Z"}"#, []),
    ])
    func documents(text: String, violations: [PolicyViolation]) throws {
        #expect(try POSTPolicy(parsing: Array(text.utf8)).violations == violations)
    }

    @Test(arguments: [#"{"conditions":[],"conditions":[]}"#, #"{"conditions":[]}x"#, #"{"conditions":[]"#, ""])
    func notJSON(text: String) {
        #expect(throws: JSONError.self) { try POSTPolicy(parsing: Array(text.utf8)) }
    }

    /// A small request must not cost a quadratic time nor be answered by a large list.
    @Test func atMostAHundredConditions() throws {
        func policy(_ count: Int) throws -> POSTPolicy {
            let conditions = (0..<count).map { "{\"x\($0)\":1}" }.joined(separator: ",")
            return try POSTPolicy(parsing: Array("{\"conditions\":[\(conditions)]}".utf8))
        }
        #expect(try policy(100).violations.isEmpty && policy(100).conditions.count == 100)
        let many = try policy(5000)
        #expect(many.conditions.count == 100)
        #expect(many.violations.map(\.message) == ["A policy should have at most 100 conditions, not 5000"])
    }

    /// What a policy holds grows with its conditions, not with how often they are read or put anew.
    @Test func holdsNoMoreThanItsConditions() throws {
        let conditions = (0..<50).map { #"["eq","$x\#($0)","\\n"],["eq","$y\#($0)","1"]"# }.joined(separator: ",")
        let document = Array("{\"conditions\":[\(conditions)]}".utf8)
        var policy = try POSTPolicy(parsing: document)
        let asRead = policy.conditions
        #expect(asRead.count == 100 && policy.text.count < 2 * document.count)
        for _ in 0..<10 { policy.conditions = policy.conditions }
        #expect(policy.conditions == asRead && policy.text.count < document.count)
        policy.conditions.append(Condition("", .member(.string(""))))
        #expect(policy.conditions == asRead + [Condition("", .member(.string("")))])
        policy.conditions = []
        #expect(policy.conditions.isEmpty && policy.text.isEmpty)
    }

    /// What came is quoted in a message at most 80 bytes long.
    @Test func quotesAreCut() throws {
        let text = "[\"x\",\"" + String(repeating: "é", count: 500) + "\"]"
        let policy = try POSTPolicy(parsing: Array("{\"conditions\":[\(text)]}".utf8))
        #expect(policy.violations.first.map { $0.message.utf8.count } ?? 0 < 140)
    }
}
