/// Suggestions for names that are not known.
enum Spelling {
    /// The candidate that was most likely meant, or nil where none is near.
    ///
    /// Near is a third of the word's length in insertions, deletions, replacements and swaps of neighbours, or the only
    /// candidate that begins or ends with the word.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let plain = folded(word)
        let limit = max(1, min(3, plain.count / 3))
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(plain, folded(candidate))
            if distance <= limit, distance < best?.distance ?? Int.max {
                best = (candidate, distance)
            }
        }
        if let best { return best.name }
        guard plain.count >= 3 else { return nil }
        let partial = candidates.filter {
            folded($0).starts(with: plain) || folded($0).suffix(plain.count) == plain[...]
        }
        return partial.count == 1 ? partial.first : nil
    }

    /// `; did you mean "…"?`, or nothing.
    static func advice(_ word: String, _ candidates: [String]) -> String {
        nearest(to: word, among: candidates).map { "; did you mean \(quoted($0))?" } ?? ""
    }

    private static func folded(_ word: String) -> [UInt8] {
        word.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0.lowercased }
    }

    /// The optimal string alignment distance of two words.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard left.count <= 64, right.count <= 64 else { return Int.max }
        var rows = [Array(0...right.count)]
        for (i, a) in left.enumerated() {
            var row = [i + 1]
            for (j, b) in right.enumerated() {
                var cost = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a == b ? 0 : 1))
                if i > 0, j > 0, a == right[j - 1], b == left[i - 1] {
                    cost = min(cost, rows[i - 1][j - 1] + 1)
                }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}

/// A word of the operator's in quotes, bounded, without control characters.
func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars.prefix(80).map { $0.value < 0x20 || (0x7F..<0xA0).contains($0.value) ? "?" : $0 }
    let cut = text.unicodeScalars.count > 80 ? "…" : ""
    return "\"\(String(String.UnicodeScalarView(scalars)))\(cut)\""
}

extension String {
    /// Only ASCII changes: to Unicode the Kelvin sign is a capital k.
    var lowercasedASCII: String { String(decoding: utf8.map(\.lowercased), as: UTF8.self) }
}

extension UInt8 {
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
    var isLowercase: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
    var isLetter: Bool { lowercased.isLowercase }
    var isVisibleASCII: Bool { self > 0x20 && self < 0x7F }
    var lowercased: UInt8 { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self }
}
