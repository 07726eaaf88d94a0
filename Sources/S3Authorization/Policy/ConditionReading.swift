extension JSONReader {
    /// Moves behind an object such as `{"acl":"private"}`: one member, plain characters, no white space; most conditions
    /// are written so. Where anything else stands it does not move and is nil.
    mutating func skipPlainMember() -> (name: Range<Int>, value: Range<Int>)? {
        guard depth < Self.maximumDepth else { return nil }
        let found: (name: Range<Int>, value: Range<Int>)? = unsafe text.withUnsafeBufferPointer { text in
            let start = position
            guard text.count &- start >= 2, unsafe text[start] == UInt8(ascii: "{"),
                unsafe text[start &+ 1] == UInt8(ascii: "\"")
            else { return nil }
            let name = start &+ 2
            let nameEnd = unsafe name &+ PlainCharacters.count(in: text, from: name)
            guard text.count &- nameEnd >= 3, unsafe text[nameEnd] == UInt8(ascii: "\""),
                unsafe text[nameEnd &+ 1] == UInt8(ascii: ":"), unsafe text[nameEnd &+ 2] == UInt8(ascii: "\"")
            else { return nil }
            let value = nameEnd &+ 3
            let end = unsafe value &+ PlainCharacters.count(in: text, from: value)
            guard text.count &- end >= 2, unsafe text[end] == UInt8(ascii: "\""),
                unsafe text[end &+ 1] == UInt8(ascii: "}")
            else { return nil }
            return (name..<nameEnd, value..<end)
        }
        if let found { position = found.value.upperBound + 2 }
        return found
    }

    /// Reads one condition; what is wrong with its shape comes back as a violation, what is wrong as JSON is thrown.
    mutating func readCondition() throws(JSONError) -> Result<Condition, PolicyViolation> {
        switch try peek() {
        case .object: return try readMemberCondition()
        case .array: return try readListCondition()
        case let kind:
            let text = try readValue()
            return .failure(malformed("Condition must be array or dictionary, not \(kind): ", text))
        }
    }

    private mutating func readMemberCondition() throws(JSONError) -> Result<Condition, PolicyViolation> {
        var object = try beginObject()
        guard let element = try nextMember(in: &object) else {
            return .failure(malformed("Missing element in condition dictionary: ", "{}"))
        }
        let value = try readConditionValue()
        guard try nextMember(in: &object) == nil else {
            repeat { try readValue() } while try nextMember(in: &object) != nil
            return .failure(malformed("Too many values in condition dictionary: ", element))
        }
        guard let value else {
            let message = "Values in condition dictionaries should be numbers or strings"
            return .failure(PolicyViolation(.condition(element), message))
        }
        if let name = place(of: element), let value = part(value) {
            return .success(Condition(ConditionPlaces(.member, name, value), in: text))
        }
        return .success(Condition(element, .member(value)))
    }

    private mutating func readListCondition() throws(JSONError) -> Result<Condition, PolicyViolation> {
        let start = position
        var values = ConditionValues()
        var isPlain = true
        var array = try beginArray()
        while try nextElement(in: &array) {
            if let value = try readConditionValue() {
                values.append(value)
            } else {
                isPlain = false
            }
        }
        let text = ByteString(text[start..<position])
        guard isPlain else {
            return .failure(malformed("Values in condition arrays should be numbers or strings: ", text))
        }
        return listCondition(values, text)
    }

    private func listCondition(
        _ values: ConditionValues, _ text: ByteString
    ) -> Result<Condition, PolicyViolation> {
        guard case .string(let first)? = values.first else {
            let problem = values.count == 0 ? "Empty condition array: " : "Missing element in condition array: "
            return .failure(malformed(problem, text))
        }
        if first.is("content-length-range") {
            guard let minimum = values.second, let maximum = values.third else {
                return .failure(malformed("Missing values in condition array: ", text))
            }
            guard values.count == 3 else { return .failure(malformed("Too many values in condition array: ", text)) }
            if let name = place(of: first), let minimum = part(minimum), let maximum = part(maximum) {
                return .success(Condition(ConditionPlaces(.range, name, minimum, maximum), in: self.text))
            }
            return .success(Condition(first, .range(minimum, maximum)))
        }
        guard first.is("eq") || first.is("starts-with") else {
            return .failure(malformed("Unknown operator in condition array: ", text))
        }
        guard case .string(let name)? = values.second else {
            return .failure(malformed("Missing element in condition array: ", text))
        }
        guard name.bytes.first == UInt8(ascii: "$") else {
            return .failure(malformed("Element name in condition array should start with $: ", name))
        }
        guard let value = values.third else {
            return .failure(malformed("Missing values in condition array: ", text))
        }
        guard values.count == 3 else { return .failure(malformed("Too many values in condition array: ", text)) }
        return .success(Condition(name.dropFirst(1), first.is("eq") ? .equal(value) : .startsWith(value)))
    }

    /// Where a value stands in the text that was read; nil where escapes made it a copy.
    private func part(_ value: Condition.Value) -> ConditionPlaces.Part? {
        place(of: value.text).map { ConditionPlaces.Part(place: $0, isNumber: !value.isString) }
    }

    /// A string or a number; anything else is read over and nil.
    private mutating func readConditionValue() throws(JSONError) -> Condition.Value? {
        switch try peek() {
        case .string: return .string(try readString())
        case .number: return .number(try readNumber())
        case .object, .array, .boolean, .null:
            try readValue()
            return nil
        }
    }

    /// Quotes at most 80 bytes of what came.
    private func malformed(_ message: String, _ text: ByteString) -> PolicyViolation {
        PolicyViolation(.conditions, message + ByteString(text.bytes.prefix(80)).description)
    }
}

/// The values of a condition written as an array: no more than three mean anything.
private struct ConditionValues {
    private(set) var first, second, third: Condition.Value?
    private(set) var count = 0

    mutating func append(_ value: Condition.Value) {
        switch count {
        case 0: first = value
        case 1: second = value
        case 2: third = value
        default: break
        }
        count += 1
    }
}
