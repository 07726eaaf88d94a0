internal import S3Authorization

/// A JSON document that people read too: members in the order given, two spaces a level.
indirect enum JSONTree: Equatable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    case string(String)
    case number(Int)
    case boolean(Bool)
    case list([JSONTree])
    case object([Member])

    struct Member: Equatable {
        let name: String
        let value: JSONTree

        init(_ name: String, _ value: JSONTree) {
            self.name = name
            self.value = value
        }
    }

    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .number(value) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(arrayLiteral elements: JSONTree...) { self = .list(elements) }

    init(_ texts: [String]) { self = .list(texts.map(JSONTree.string)) }

    var text: String { text(indent: "") }

    private func text(indent: String) -> String {
        let inner = indent + "    "
        switch self {
        case .string(let text): return Self.quoted(text)
        case .number(let number): return "\(number)"
        case .boolean(let value): return "\(value)"
        case .list(let elements) where elements.allSatisfy(\.isPlain):
            return "[" + elements.map { $0.text(indent: "") }.joined(separator: ", ") + "]"
        case .list(let elements):
            return "[\n" + elements.map { inner + $0.text(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            let lines = members.map { "\(inner)\(Self.quoted($0.name)): \($0.value.text(indent: inner))" }
            return lines.isEmpty ? "{}" : "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    private var isPlain: Bool {
        switch self {
        case .string, .number, .boolean: true
        case .list, .object: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
