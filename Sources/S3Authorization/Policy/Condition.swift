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
    let text: [UInt8]
    let places: ConditionPlaces

    /// A condition on the form field `element`, named without the `$`; what is wrong with it is for ``UploadRules`` to say.
    public init(_ element: ByteString, _ match: Match) {
        var text = Array(element.bytes)
        func part(_ value: Value) -> ConditionPlaces.Part {
            let start = text.count
            text += value.text.bytes
            return ConditionPlaces.Part(place: start..<text.count, isNumber: !value.isString)
        }
        let name = 0..<text.count
        switch match {
        case .member(let value): places = ConditionPlaces(.member, name, part(value))
        case .equal(let value): places = ConditionPlaces(.equal, name, part(value))
        case .startsWith(let value): places = ConditionPlaces(.startsWith, name, part(value))
        case .range(let minimum, let maximum):
            let first = part(minimum)
            places = ConditionPlaces(.range, name, first, part(maximum))
        }
        self.text = text
    }

    /// A condition as it stands in a document; nothing is copied.
    init(_ places: ConditionPlaces, in document: [UInt8]) {
        text = document
        self.places = places
    }

    /// The name of the form field as it was written, without the `$`.
    public var element: ByteString { places.element(in: text) }

    /// What the condition asks of its field.
    public var match: Match { places.match(in: text) }

    /// The one value that the field must equal, where the condition is of that kind.
    var exactValue: Value? { places.exactValue(in: text) }
}

extension Condition: Equatable {
    /// Whether both ask the same of the same field, byte for byte.
    public static func == (left: Condition, right: Condition) -> Bool {
        left.element == right.element && left.match == right.match
    }
}
