/// A value as it was written, before it is known what it should be.
enum ConfigurationValue {
    /// From the environment, where everything is text.
    case text(String)
    case string(String)
    case integer(Int)
    case boolean(Bool)
    case list([ConfigurationValue])
    case table([String: ConfigurationValue])
    /// What no key takes: a fraction, a date.
    case other(String)

    private var kind: String {
        switch self {
        case .text, .string: "a string"
        case .integer: "a number"
        case .boolean: "true or false"
        case .list: "a list"
        case .table: "a table"
        case .other(let name): name
        }
    }

    func string() throws(WrongValue) -> String {
        switch self {
        case .text(let text), .string(let text): return text
        default: throw WrongValue("must be a string in quotes, not \(kind)")
        }
    }

    func integer(in range: ClosedRange<Int>, of unit: String = "") throws(WrongValue) -> Int {
        let limits = "from \(range.lowerBound) to \(range.upperBound)\(unit.isEmpty ? "" : " \(unit)")"
        let number: Int
        switch self {
        case .integer(let value):
            number = value
        case .text(let text):
            guard let value = Int(text) else {
                throw WrongValue("must be a whole number \(limits), not \(quoted(text))")
            }
            number = value
        default:
            throw WrongValue("must be a whole number \(limits), without quotes, not \(kind)")
        }
        guard range.contains(number) else { throw WrongValue("is \(number); it must be \(limits)") }
        return number
    }

    func boolean() throws(WrongValue) -> Bool {
        switch self {
        case .boolean(let value): return value
        case .text("true"): return true
        case .text("false"): return false
        case .text(let text): throw WrongValue("must be true or false, not \(quoted(text))")
        default: throw WrongValue("must be true or false, without quotes, not \(kind)")
        }
    }

    /// Every item of a list by the same rule; in the environment the items stand between commas.
    func list<Item>(of item: (ConfigurationValue) throws(WrongValue) -> Item) throws(WrongValue) -> [Item] {
        let values: [ConfigurationValue]
        switch self {
        case .list(let items): values = items
        case .text(let text):
            values = text.split(separator: ",").map { .text(trimmed($0)) }
        default: throw WrongValue("must be a list in square brackets, not \(kind)")
        }
        var items: [Item] = []
        for value in values {
            items.append(try item(value))
        }
        return items
    }

    func byteSize(in range: ClosedRange<Int>) throws(WrongValue) -> Int {
        let bytes: Int
        switch self {
        case .integer(let value): bytes = value
        case .text(let text), .string(let text): bytes = try ByteSize.parse(text)
        default: throw WrongValue("must be a size such as \"5GiB\" or a number of bytes, not \(kind)")
        }
        guard range.contains(bytes) else {
            throw WrongValue(
                "is \(bytes) bytes; it must be from \(ByteSize.text(range.lowerBound)) to \(ByteSize.text(range.upperBound))"
            )
        }
        return bytes
    }

    /// One of the cases of a closed set of words.
    func choice<Choice>(_: Choice.Type) throws(WrongValue) -> Choice
    where Choice: RawRepresentable<String> & CaseIterable {
        let text = try string()
        if let choice = Choice(rawValue: text) { return choice }
        let words = Choice.allCases.map(\.rawValue)
        let list = words.map { quoted($0) }.joined(separator: ", ")
        throw WrongValue("\(quoted(text)) is not one of \(list)\(Spelling.advice(text, words))")
    }

    private func trimmed(_ text: Substring) -> String {
        let start = text.utf8.drop { $0 <= 0x20 }
        let blanks = start.reversed().prefix { $0 <= 0x20 }.count
        return String(Substring(start.dropLast(blanks)))
    }
}
