internal import CTOML

/// What stopped the TOML parser; `description` may quote the file.
struct TOMLSyntaxError: Error {
    let line: Int
    let column: Int
    let description: String
}

extension ConfigurationValue {
    /// The tables of a TOML 1.0 text. <https://toml.io/en/v1.0.0>
    static func tables(_ toml: String) throws(TOMLSyntaxError) -> [String: ConfigurationValue] {
        var items = try TOMLItems(toml)
        guard case .table(let tables)? = items.next() else { return [:] }
        return tables
    }
}

/// The values of a text, in the order in which tables and arrays are followed by what is in them.
@safe private struct TOMLItems: ~Copyable {
    private let document: UnsafeMutablePointer<countersign_toml>
    private var position = 0

    init(_ toml: String) throws(TOMLSyntaxError) {
        var toml = toml
        unsafe document = toml.withUTF8 { text in
            unsafe text.withMemoryRebound(to: CChar.self) { text in
                unsafe countersign_toml_parse(text.baseAddress, text.count)
            }
        }
        guard let problem = unsafe document.pointee.problem else { return }
        throw unsafe TOMLSyntaxError(
            line: document.pointee.line, column: document.pointee.column,
            description: Self.string(problem, document.pointee.problem_length))
    }

    deinit { unsafe countersign_toml_free(document) }

    mutating func next() -> ConfigurationValue? {
        guard let item = unsafe take() else { return nil }
        return unsafe value(item)
    }

    private mutating func take() -> countersign_toml_item? {
        guard unsafe position < document.pointee.count else { return nil }
        defer { position += 1 }
        return unsafe document.pointee.items[position]
    }

    private mutating func value(_ item: countersign_toml_item) -> ConfigurationValue {
        switch unsafe item.kind {
        case countersign_toml_string: return unsafe .string(Self.string(item.text, item.text_length))
        case countersign_toml_integer: return unsafe .integer(Int(item.number))
        case countersign_toml_boolean: return unsafe .boolean(item.number != 0)
        case countersign_toml_array: return unsafe .list((0..<item.number).compactMap { _ in next() })
        case countersign_toml_table: return unsafe .table(members(Int(item.number)))
        case countersign_toml_fraction: return .other("a floating-point number")
        case countersign_toml_date: return .other("a date")
        case countersign_toml_time: return .other("a time")
        default: return .other("a date-time")
        }
    }

    private mutating func members(_ count: Int) -> [String: ConfigurationValue] {
        var members: [String: ConfigurationValue] = [:]
        for _ in 0..<count {
            guard let item = unsafe take() else { break }
            unsafe members[Self.string(item.name, item.name_length)] = value(item)
        }
        return members
    }

    private static func string(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
