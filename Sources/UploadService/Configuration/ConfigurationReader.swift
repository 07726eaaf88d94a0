/// Takes the configuration apart key by key, and collects all that is wrong with it.
///
/// Reading a key is what declares it: whatever stands in the file or in the environment and was never asked for is
/// unknown. A key in the environment wins over the file.
final class ConfigurationReader {
    static let environmentPrefix = "COUNTERSIGN_"
    /// Variables that are no keys.
    static let reserved = ["COUNTERSIGN_CONFIG", "COUNTERSIGN_PROFILE"]

    typealias ReadFile = (String) -> Result<ConfigurationFile, ConfigurationFile.Failure>

    private(set) var problems: [ConfigurationProblem] = []
    /// The keys that `problems` are about.
    private(set) var refused: [[String]] = []
    private(set) var warnings: [ConfigurationProblem] = []
    let readFile: ReadFile
    /// Whether every user of the machine may read the configuration file.
    let isWorldReadable: Bool

    private let path: String?
    private let tables: [String: ConfigurationValue]
    private let text: String
    /// Only what is wrong needs them.
    private lazy var locations = Locations(text)
    private let environment: [String: String]
    /// The sections and keys asked for, in that order.
    private(set) var known: [(section: [String], keys: [String])] = []

    init(
        path: String?, text: String, tables: [String: ConfigurationValue], environment: [String: String],
        readFile: @escaping ReadFile, isWorldReadable: Bool
    ) {
        self.path = path
        self.tables = tables
        self.text = text
        self.environment = environment
        self.readFile = readFile
        self.isWorldReadable = isWorldReadable
    }

    func section(_ path: String...) -> ConfigurationSection {
        ConfigurationSection(path: path, reader: self)
    }

    /// What stands in a table of the file, whether known or not.
    func members(_ section: [String]) -> [String: ConfigurationValue]? {
        var members = tables
        for name in section {
            guard case .table(let inner)? = members[name] else { return nil }
            members = inner
        }
        return members
    }

    /// Whether the file says anything of a section.
    func holds(_ section: String) -> Bool { tables[section] != nil }

    /// The value of a key, and from now on the key is known.
    func given(_ section: [String], _ key: String) -> ConfigurationValue? {
        if let index = known.firstIndex(where: { $0.section == section }) {
            if !known[index].keys.contains(key) { known[index].keys.append(key) }
        } else {
            known.append((section, [key]))
        }
        if !environment.isEmpty, let text = variable(section, key).flatMap({ environment[$0] }) { return .text(text) }
        return members(section)?[key]
    }

    func isInEnvironment(_ section: [String], _ key: String) -> Bool {
        !environment.isEmpty && variable(section, key).map { environment[$0] != nil } ?? false
    }

    func isPresent(_ section: [String]) -> Bool {
        if members(section) != nil { return true }
        let prefix = Self.environmentPrefix + section[0].uppercased() + "_"
        return environment.keys.contains { $0.hasPrefix(prefix) }
    }

    /// The environment's name for a key; profiles have none.
    private func variable(_ section: [String], _ key: String) -> String? {
        section.count == 1 ? Self.environmentPrefix + "\(section[0])_\(key)".uppercased() : nil
    }

    func report(_ section: [String], _ key: String, _ message: String) {
        refused.append(section + [key])
        problems.append(problem(section, key, message))
    }

    func warn(_ section: [String], _ key: String, _ message: String) {
        warnings.append(problem(section, key, message))
    }

    private func problem(_ section: [String], _ key: String, _ message: String) -> ConfigurationProblem {
        let name = variable(section, key)
        let dotted = (section + [key]).filter { !$0.isEmpty }.joined(separator: ".")
        if let name, environment[name] != nil || path == nil {
            return ConfigurationProblem(place: .environment, key: name, message: message)
        }
        let line = locations.line(key.isEmpty ? section : section + [key])
        return ConfigurationProblem(
            place: .file(path ?? "", line: line, column: nil), key: printable(dotted), message: message)
    }

    /// Reports every section, key and variable that nothing asked for.
    func reportUnknown() {
        let sections = known.map { $0.section[0] } + ["profiles"]
        for name in tables.keys.sorted() where !sections.contains(name) {
            // A section belongs under none.
            let isSection = if case .table? = tables[name] { true } else { false }
            let homes = isSection ? "" : homes(of: name)
            let advice = homes.isEmpty ? Spelling.advice(name, sections) : "; it belongs under \(homes)"
            report([], name, "is not known" + advice)
        }
        for (section, keys) in known {
            if section.count == 1, tables[section[0]] != nil, members(section) == nil {
                report([], section[0], "must be a section: [\(section[0])]")
            }
            for name in (members(section) ?? [:]).keys.sorted() where !keys.contains(name) {
                let near = Spelling.advice(name, keys)
                let homes = homes(of: name)
                report(
                    section, name,
                    "is not known" + (near.isEmpty && !homes.isEmpty ? "; it belongs under \(homes)" : near))
            }
        }
        reportUnknownVariables()
    }

    private func reportUnknownVariables() {
        guard !environment.isEmpty else { return }
        let variables = known.flatMap { entry in entry.keys.compactMap { variable(entry.section, $0) } }
        for name in environment.keys.sorted()
        where name.hasPrefix(Self.environmentPrefix) && !variables.contains(name) && !Self.reserved.contains(name) {
            let words = (variables + Self.reserved).map { String($0.dropFirst(Self.environmentPrefix.count)) }
            let nearest = Spelling.nearest(to: String(name.dropFirst(Self.environmentPrefix.count)), among: words)
            let advice = nearest.map { "; did you mean \(Self.environmentPrefix)\($0)?" } ?? ""
            problems.append(
                ConfigurationProblem(place: .environment, key: printable(name), message: "is not known" + advice))
        }
    }

    /// `[uploads] or [storage]` for a key of theirs that stands elsewhere.
    private func homes(of key: String) -> String {
        known.filter { $0.section.count == 1 && $0.keys.contains(key) }
            .map { "[\($0.section[0])]" }.joined(separator: " or ")
    }

    private func printable(_ name: String) -> String { String(quoted(name).dropFirst().dropLast()) }
}

/// One section of the configuration.
struct ConfigurationSection {
    let path: [String]
    let reader: ConfigurationReader

    var isPresent: Bool { reader.isPresent(path) }

    /// The value, or nil where there is none or where it is wrong, which is then reported.
    func value<Value>(
        _ key: String, _ parse: (ConfigurationValue) throws(WrongValue) -> Value
    ) -> Value? {
        guard let given = reader.given(path, key) else { return nil }
        do {
            return try parse(given)
        } catch {
            reader.report(path, key, error.message)
            return nil
        }
    }

    /// Replaces a default.
    func set<Value>(
        _ target: inout Value, _ key: String, _ parse: (ConfigurationValue) throws(WrongValue) -> Value
    ) {
        if let value = value(key, parse) { target = value }
    }

    /// Like `value`, and a missing one is reported.
    func required<Value>(
        _ key: String, _ example: String, _ parse: (ConfigurationValue) throws(WrongValue) -> Value
    ) -> Value? {
        guard reader.given(path, key) != nil else {
            report(key, "is missing; for example \(example)")
            return nil
        }
        return value(key, parse)
    }

    /// Whether a value of this key was already refused.
    func hasProblem(_ key: String) -> Bool { reader.refused.contains(path + [key]) }

    func report(_ key: String, _ message: String) { reader.report(path, key, message) }
    func warn(_ key: String, _ message: String) { reader.warn(path, key, message) }
}
