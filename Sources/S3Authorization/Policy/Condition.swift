/// One condition of a POST policy: which form field, and what it must hold.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html#sigv4-PolicyConditions>
public struct Condition: Equatable, Sendable {
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

    /// The name of the form field as it was written, without the `$`.
    public let element: ByteString
    public let match: Match

    public init(_ element: ByteString, _ match: Match) {
        self.element = element
        self.match = match
    }

    /// The one value that the field must equal, where the condition is of that kind.
    var exactValue: Value? {
        switch match {
        case .member(let value), .equal(let value): value
        case .startsWith, .range: nil
        }
    }
}

extension JSONWriter {
    mutating func condition(_ condition: borrowing Condition) {
        switch condition.match {
        case .member(let value):
            beginObject()
            escapedName(condition.element)
            self.value(value)
            endObject()
        case .equal(let value): matching("eq", condition.element, value)
        case .startsWith(let value): matching("starts-with", condition.element, value)
        case .range(let minimum, let maximum):
            beginArray()
            string(condition.element)
            value(minimum)
            value(maximum)
            endArray()
        }
    }

    /// `["content-length-range", 0, 1024]`
    mutating func lengthRange(_ range: ClosedRange<UInt64>) {
        beginArray()
        string("content-length-range" as ByteString)
        number(range.lowerBound)
        number(range.upperBound)
        endArray()
    }

    private mutating func matching(_ operation: ByteString, _ element: ByteString, _ value: Condition.Value) {
        beginArray()
        string(operation)
        string(element, after: "$")
        self.value(value)
        endArray()
    }

    private mutating func value(_ value: Condition.Value) {
        switch value {
        case .string(let text): string(text)
        case .number(let digits): raw(digits.bytes)
        }
    }
}
