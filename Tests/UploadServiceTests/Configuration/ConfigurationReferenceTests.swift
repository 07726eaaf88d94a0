import Foundation
import Testing

@testable import UploadService

/// What is written about the configuration and what the code reads are the same keys.
struct ConfigurationReferenceTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")

    /// Every key that the code asks for, by section; `[rules]` stands for its profiles too.
    static func known() throws -> [String: Set<String>] {
        let reader = ConfigurationReader(
            path: nil, text: "", tables: try ConfigurationValue.tables(""), environment: [:],
            readFile: { _ in .failure(.missing) }, isWorldReadable: false)
        _ = ConfigurationSections(reader: reader).read()
        return Dictionary(reader.known.map { ($0.section[0], Set($0.keys)) }) { $0.union($1) }
    }

    static func text(_ path: String) throws -> [String] {
        try String(contentsOf: root.appending(path: path), encoding: .utf8).components(separatedBy: "\n")
    }

    @Test func theReferenceNamesEachKey() throws {
        var written: [String: Set<String>] = [:]
        var section: String?
        for line in try Self.text("docs/configuration.md") {
            if let match = line.firstMatch(of: #/^\*\*`\[([a-z0-9_]+)\]`\*\*/#) {
                section = String(match.1)
            } else if line.hasPrefix("#") || line.hasPrefix("Fixed limits") {
                section = nil
            } else if let section, line.hasPrefix("| `"), let cell = line.split(separator: "|").first {
                for match in cell.matches(of: #/`([a-z0-9_]+)`/#) {
                    written[section, default: []].insert(String(match.1))
                }
            }
        }
        let known = try Self.known()
        #expect(Set(written.keys) == Set(known.keys))
        for (section, keys) in known {
            #expect(written[section] == keys, "[\(section)]")
        }
    }

    /// The package's file, whose defaults and examples are comments.
    @Test func theInstalledFileNamesNoOtherKeys() throws {
        let known = try Self.known()
        var section = ""
        var count = 0
        for line in try Self.text("debian/countersign.toml") {
            if let match = line.firstMatch(of: #/^(?:# )?\[([a-z0-9_]+)(?:\.[a-z]+)?\]/#) {
                section = match.1 == "profiles" ? "rules" : String(match.1)
            } else if let match = line.firstMatch(of: #/^(?:# )?([a-z0-9_]+) = /#) {
                #expect(known[section]?.contains(String(match.1)) == true, "\(section).\(match.1)")
                count += 1
            }
        }
        #expect(count > 30)
    }
}
