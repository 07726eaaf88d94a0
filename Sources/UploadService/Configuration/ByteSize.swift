/// A number of bytes as people write it: `5GiB`, `100 MB`, `64KiB`, `1048576`.
///
/// `kB MB GB TB` count in thousands, `KiB MiB GiB TiB` in 1024; `B` or no unit is bytes. Case does not matter, one space
/// may stand before the unit, fractions are refused.
enum ByteSize {
    private static let units: [(name: String, bytes: Int)] = [
        ("", 1), ("b", 1),
        ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
    ]

    static func parse(_ text: String) throws(WrongValue) -> Int {
        let digits = text.utf8.prefix { $0.isDigit }
        var rest = text.utf8.dropFirst(digits.count)
        guard !digits.isEmpty else {
            throw WrongValue(
                "\(quoted(text)) is not a size; write for example \"5GiB\", \"100MB\" or a number of bytes")
        }
        guard rest.first != UInt8(ascii: ".") else {
            throw WrongValue("\(quoted(text)) has a fraction; write a whole number of a smaller unit")
        }
        if rest.first == UInt8(ascii: " ") { rest = rest.dropFirst() }
        let unit = String(Substring(rest)).lowercasedASCII
        guard let factor = units.first(where: { $0.name == unit })?.bytes else {
            let advice =
                ["k", "m", "g", "t"].contains(unit)
                ? "say \"\(unit.uppercased())iB\" (1024) or \"\(unit.uppercased())B\" (1000)"
                : "the units are B, kB, MB, GB, TB (thousands) and KiB, MiB, GiB, TiB (1024)"
            throw WrongValue("\(quoted(text)) has no unit that is known; \(advice)")
        }
        guard let number = Int(String(Substring(digits))) else {
            throw WrongValue("\(quoted(text)) is too large")
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
        guard !overflow else { throw WrongValue("\(quoted(text)) is too large") }
        return bytes
    }

    /// The largest unit that says it exactly: `5GiB`, `100MB`, `1001B`.
    static func text(_ bytes: Int) -> String {
        let names = ["TiB", "GiB", "MiB", "KiB", "TB", "GB", "MB", "kB"]
        for name in names {
            if let unit = units.first(where: { $0.name == name.lowercased() })?.bytes,
                bytes >= unit, bytes % unit == 0
            {
                return "\(bytes / unit)\(name)"
            }
        }
        return "\(bytes)B"
    }
}
