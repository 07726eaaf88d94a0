/// A length of time as people write it: `1d`, `12h`, `30m`, `90s`.
package struct Age: Sendable, Equatable {
    package let seconds: Int64

    /// Nil for any other text, and for more than ten years.
    package init?(_ text: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let last = text.last, let unit = units[last], let count = Int64(text.dropLast()), count >= 0,
            text.utf8.first.map({ (0x30...0x39).contains($0) }) ?? false, count <= 315_360_000 / unit
        else { return nil }
        seconds = count * unit
    }

    package init(seconds: Int64) {
        self.seconds = max(0, seconds)
    }

    /// In the largest unit of which there is one.
    package var text: String {
        for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] as [(String, Int64)] where seconds >= length {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}
