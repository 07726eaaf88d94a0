/// One condition of a POST policy: which form field, and what it must hold.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html#sigv4-PolicyConditions>
public struct Condition: Sendable {
    /// What a field must hold, or must begin with.
    public enum Value: Equatable, Sendable {
        case string(ByteString)
        /// The digits as they stood in the JSON text.
        case number(ByteString)

        /// The string's characters, or the number's digits.
        public var text: ByteString {
            switch self {
            case .string(let text), .number(let text): text
            }
        }

        var isString: Bool {
            if case .string = self { true } else { false }
        }

        /// Whether the digits are one JSON number and nothing more: a site's own code may have put anything there.
        var isNumber: Bool {
            guard case .number(let text) = self else { return false }
            var reader = JSONReader(Array(text.bytes))
            return (try? reader.readNumber()) == text
        }
    }

    /// What a condition asks of its field.
    public enum Match: Equatable, Sendable {
        /// `{"acl": "private"}`
        case member(Value)
        /// `["eq", "$acl", "private"]`
        case equal(Value)
        /// `["starts-with", "$key", "user/"]`
        case startsWith(Value)
        /// `["content-length-range", 0, 1024]`, in bytes, both ends included
        case range(Value, Value)
    }

    /// The bytes of all parts: of a condition that was read, the document that it stands in, which a copy shares.
    private let text: [UInt8]
    private let name: Range<Int>
    private let form: Form
    private let first: Part
    private let second: Part?

    private enum Form { case member, equal, startsWith, range }

    private struct Part {
        var place: Range<Int>
        var isNumber: Bool
    }

    /// A condition on the form field `element`, named without the `$`; what is wrong with it is for ``UploadRules`` to say.
    public init(_ element: ByteString, _ match: Match) {
        var text = Array(element.bytes)
        func part(_ value: Value) -> Part {
            let start = text.count
            text += value.text.bytes
            return Part(place: start..<text.count, isNumber: !value.isString)
        }
        name = 0..<text.count
        switch match {
        case .member(let value): (form, first, second) = (.member, part(value), nil)
        case .equal(let value): (form, first, second) = (.equal, part(value), nil)
        case .startsWith(let value): (form, first, second) = (.startsWith, part(value), nil)
        case .range(let minimum, let maximum): (form, first, second) = (.range, part(minimum), part(maximum))
        }
        self.text = text
    }

    /// `{"element": value}` as it stands in `document`; nothing is copied.
    init(_ element: Range<Int>, _ value: Range<Int>, isNumber: Bool, in document: [UInt8]) {
        text = document
        name = element
        form = .member
        first = Part(place: value, isNumber: isNumber)
        second = nil
    }

    /// The name of the form field as it was written, without the `$`.
    public var element: ByteString { ByteString(text[name]) }

    /// Whether that is its name.
    func isOn(_ element: StaticString) -> Bool {
        name.count == element.utf8CodeUnitCount && self.element.is(element)
    }

    /// What the condition asks of its field.
    public var match: Match {
        switch form {
        case .member: .member(Self.value(first, in: text))
        case .equal: .equal(Self.value(first, in: text))
        case .startsWith: .startsWith(Self.value(first, in: text))
        case .range: .range(Self.value(first, in: text), Self.value(second ?? first, in: text))
        }
    }

    /// Whether it is of the form `{"acl": "private"}`.
    var isMember: Bool { form == .member }

    /// The one value that the field must equal, where the condition is of that kind.
    var exactValue: Value? {
        form == .member || form == .equal ? Self.value(first, in: text) : nil
    }

    /// The upper end, where the condition is of that kind.
    var maximum: Value? {
        form == .range ? Self.value(second ?? first, in: text) : nil
    }

    private static func value(_ part: Part, in text: [UInt8]) -> Value {
        let text = ByteString(text[part.place])
        return part.isNumber ? .number(text) : .string(text)
    }
}

extension Condition: Equatable {
    /// Whether both ask the same of the same field, byte for byte.
    public static func == (left: Condition, right: Condition) -> Bool {
        left.element == right.element && left.match == right.match
    }
}

extension JSONWriter {
    /// `{"acl": "private"}`, or `["eq", "$acl", "private"]`.
    mutating func condition(_ element: ByteString, equals value: Condition.Value, asMember: Bool) {
        if asMember {
            beginObject()
            escapedName(element)
            self.value(value)
            endObject()
        } else {
            beginArray()
            literal("eq")
            string(element, after: "$")
            self.value(value)
            endArray()
        }
    }

    /// `["content-length-range", 0, 1024]`
    mutating func lengthRange(_ range: ClosedRange<UInt64>) {
        beginArray()
        literal("content-length-range")
        number(range.lowerBound)
        number(range.upperBound)
        endArray()
    }

    private mutating func value(_ value: Condition.Value) {
        switch value {
        case .string(let text): string(text)
        case .number(let digits): raw(digits.bytes)
        }
    }
}
