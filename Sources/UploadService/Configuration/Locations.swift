/// The lines on which the sections and keys of a TOML text stand.
///
/// Only for messages: it finds `[section]` and `key =` outside strings and arrays and understands nothing else. A key
/// inside an inline table is found on the table's line.
struct Locations {
    private var lines: [[String]: Int] = [:]

    init(_ text: String) {
        var section: [String] = []
        var inside = Inside()
        for (index, bytes) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            var line = Array(bytes)[...]
            if inside.isNothing {
                line = line.drop { $0 <= 0x20 || $0 >= 0x80 }
                let isHeader = line.first == UInt8(ascii: "[")
                var rest = line.drop { $0 == UInt8(ascii: "[") }
                let path = Self.dottedKey(&rest)
                if isHeader, rest.first == UInt8(ascii: "]") {
                    section = path
                    note(section, index + 1)
                    continue
                }
                if !isHeader, rest.first == UInt8(ascii: "=") {
                    note(section + path, index + 1)
                    line = rest.dropFirst()
                }
            }
            inside.read(line)
        }
    }

    /// The line of a key, else of the nearest table around it, counted from 1.
    func line(_ path: [String]) -> Int? {
        var path = path
        while !path.isEmpty {
            if let line = lines[path] { return line }
            path.removeLast()
        }
        return nil
    }

    private mutating func note(_ path: [String], _ line: Int) {
        for count in 1...max(1, path.count) where lines[Array(path.prefix(count))] == nil {
            lines[Array(path.prefix(count))] = line
        }
    }

    /// Reads `a."b c".d` and the blanks after it.
    private static func dottedKey(_ rest: inout ArraySlice<UInt8>) -> [String] {
        var path: [String] = []
        while true {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            let word: ArraySlice<UInt8>
            if let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                word = rest.dropFirst().prefix { $0 != quote }
                rest = rest.dropFirst(word.count + 2)
            } else {
                word = rest.prefix { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
                rest = rest.dropFirst(word.count)
            }
            path.append(String(decoding: word, as: UTF8.self))
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
            guard rest.first == UInt8(ascii: ".") else { return path }
            rest = rest.dropFirst()
        }
    }

    /// What a line break leaves open: brackets of arrays, or a string of three quotes.
    private struct Inside {
        private var depth = 0
        private var quotes: (mark: UInt8, count: Int)?

        var isNothing: Bool { depth <= 0 && quotes == nil }

        mutating func read(_ line: ArraySlice<UInt8>) {
            var rest = line
            while let byte = rest.first {
                let run = rest.prefix { $0 == byte }.count
                var step = 1
                if let open = quotes {
                    if byte == UInt8(ascii: "\\"), open.mark == UInt8(ascii: "\"") {
                        step = 2
                    } else if byte == open.mark, run >= open.count {
                        quotes = nil
                        step = open.count == 3 ? run : 1
                    }
                } else if byte == UInt8(ascii: "#") {
                    break
                } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                    step = run == 2 ? 2 : min(run, 3)
                    if run != 2 { quotes = (byte, step) }
                } else if byte == UInt8(ascii: "[") {
                    depth += 1
                } else if byte == UInt8(ascii: "]") {
                    depth -= 1
                }
                rest = rest.dropFirst(step)
            }
            if quotes?.count == 1 { quotes = nil }
        }
    }
}
