extension JSONReader {
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
        if let name = place(of: element), let place = place(of: value.text) {
            return .success(Condition(name, place, isNumber: !value.isString, in: text))
        }
        return .success(Condition(element, .member(value)))
    }

    private mutating func readListCondition() throws(JSONError) -> Result<Condition, PolicyViolation> {
        let start = position
        var values: [Condition.Value] = []
        values.reserveCapacity(3)
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
        _ values: [Condition.Value], _ text: ByteString
    ) -> Result<Condition, PolicyViolation> {
        guard case .string(let first)? = values.first else {
            let problem = values.isEmpty ? "Empty condition array: " : "Missing element in condition array: "
            return .failure(malformed(problem, text))
        }
        if first.is("content-length-range") {
            guard values.count >= 3 else { return .failure(malformed("Missing values in condition array: ", text)) }
            guard values.count == 3 else { return .failure(malformed("Too many values in condition array: ", text)) }
            return .success(Condition(first, .range(values[1], values[2])))
        }
        guard first.is("eq") || first.is("starts-with") else {
            return .failure(malformed("Unknown operator in condition array: ", text))
        }
        guard values.count >= 2, case .string(let name) = values[1] else {
            return .failure(malformed("Missing element in condition array: ", text))
        }
        guard name.bytes.first == UInt8(ascii: "$") else {
            return .failure(malformed("Element name in condition array should start with $: ", name))
        }
        guard values.count >= 3 else { return .failure(malformed("Missing values in condition array: ", text)) }
        guard values.count == 3 else { return .failure(malformed("Too many values in condition array: ", text)) }
        return .success(Condition(name.dropFirst(1), first.is("eq") ? .equal(values[2]) : .startsWith(values[2])))
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
