/// Where the parts of a condition stand in a text; all conditions of a policy share one, and none is counted.
struct ConditionPlaces: Sendable {
    enum Form { case member, equal, startsWith, range }

    struct Part {
        var place: Range<Int>
        var isNumber: Bool
    }

    fileprivate let form: Form
    /// Whether it is known that name and value are strings which need no escapes.
    fileprivate let isPlain: Bool
    fileprivate private(set) var name: Range<Int>
    fileprivate private(set) var first: Part
    /// Of a range, its end; of every other form, the first again.
    private var second: Part

    init(_ form: Form, _ name: Range<Int>, _ first: Part, _ second: Part? = nil) {
        self.form = form
        self.name = name
        self.first = first
        self.second = second ?? first
        isPlain = false
    }

    /// `{"name":"value"}`, none of whose characters needs an escape.
    @inline(__always)
    init(plain name: Range<Int>, _ value: Range<Int>) {
        form = .member
        self.name = name
        first = Part(place: value, isNumber: false)
        second = first
        isPlain = true
    }

    /// The same places behind `count` more bytes.
    func moved(by count: Int) -> ConditionPlaces {
        func moved(_ place: Range<Int>) -> Range<Int> { place.lowerBound + count..<place.upperBound + count }
        var places = self
        places.name = moved(name)
        places.first.place = moved(first.place)
        places.second.place = moved(second.place)
        return places
    }

    /// The name of the form field as it was written, without the `$`.
    func element(in text: [UInt8]) -> ByteString { ByteString(text[name]) }

    /// Whether that is its name.
    func isOn(_ element: StaticString, in text: [UInt8]) -> Bool {
        name.count == element.utf8CodeUnitCount && self.element(in: text).is(element)
    }

    /// Whether that is its name, in any case.
    func isOn(_ element: ByteString, in text: [UInt8]) -> Bool {
        name.count == element.count && self.element(in: text).equalsIgnoringASCIICase(element)
    }

    func match(in text: [UInt8]) -> Condition.Match {
        switch form {
        case .member: .member(Self.value(first, in: text))
        case .equal: .equal(Self.value(first, in: text))
        case .startsWith: .startsWith(Self.value(first, in: text))
        case .range: .range(Self.value(first, in: text), Self.value(second, in: text))
        }
    }

    /// The one value that the field must equal, where the condition is of that kind.
    @inline(__always)
    func exactValue(in text: [UInt8]) -> Condition.Value? {
        form == .member || form == .equal ? Self.value(first, in: text) : nil
    }

    /// The upper end, where the condition is of that kind.
    func maximum(in text: [UInt8]) -> Condition.Value? {
        form == .range ? Self.value(second, in: text) : nil
    }

    @inline(__always)
    private static func value(_ part: Part, in text: [UInt8]) -> Condition.Value {
        let text = ByteString(text[part.place])
        return part.isNumber ? .number(text) : .string(text)
    }
}

extension JSONWriter {
    /// `{"acl": "private"}`, or `["eq", "$acl", "private"]`: a condition with one value, in the form in which it came.
    mutating func condition(_ places: ConditionPlaces, in text: [UInt8]) {
        if places.isPlain { return plainObject(places.name, places.first.place, in: text) }
        guard let value = places.exactValue(in: text) else { return }
        if places.form == .member {
            beginObject()
            escapedName(places.element(in: text))
            self.value(value)
            endObject()
        } else {
            beginArray()
            literal("eq")
            string(places.element(in: text), after: "$")
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
