extension SigningTime {
    /// The instant in that spelling, without milliseconds.
    public func text(_ spelling: Spelling) -> ByteString {
        var output: [UInt8] = []
        append(spelling, to: &output)
        return ByteString(output)
    }

    /// Writes the instant behind what `output` holds, without milliseconds.
    public func append(_ spelling: Spelling, to output: inout [UInt8]) {
        withText(spelling) { text in
            unsafe text.withUnsafeBufferPointer { unsafe output.append(contentsOf: $0) }
        }
    }

    /// The instant in that spelling, without milliseconds, in memory that is gone afterwards.
    package func withText<Result>(_ spelling: Spelling, _ body: (Span<UInt8>) -> Result) -> Result {
        var text = DateText()
        let days = Int(secondsSince1970 / 86_400)
        let date = CivilDate(daysSince1970: days)
        let second = Int(secondsSince1970 % 86_400)
        switch spelling {
        case .basic:
            text.append(date, separator: nil)
            text.append("T")
            text.append(clock: second, separator: nil)
            text.append("Z")
        case .day:
            text.append(date, separator: nil)
        case .extended:
            text.append(date, separator: "-")
            text.append("T")
            text.append(clock: second, separator: ":")
            text.append("Z")
        case .http:
            text.append(name: days % 7, of: Self.weekdays)
            text.append(",")
            text.append(" ")
            text.append(twoDigits: date.day)
            text.append(" ")
            text.append(name: date.month - 1, of: Self.months)
            text.append(" ")
            text.append(year: date.year)
            text.append(" ")
            text.append(clock: second, separator: ":")
            for letter in " GMT".unicodeScalars { text.append(letter) }
        }
        return text.withBytes(body)
    }
}

/// A text of 29 bytes at most, the longest spelling of a date.
private struct DateText {
    private var bytes = InlineArray<29, UInt8>(repeating: 0)
    private var count = 0

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        bytes[count] = byte
        count &+= 1
    }

    mutating func append(_ letter: Unicode.Scalar) {
        append(UInt8(truncatingIfNeeded: letter.value))
    }

    /// Of a number below 100.
    mutating func append(twoDigits number: Int) {
        let number = UInt8(truncatingIfNeeded: number)
        append(UInt8(ascii: "0") &+ number / 10)
        append(UInt8(ascii: "0") &+ number % 10)
    }

    mutating func append(year: Int) {
        append(twoDigits: year / 100)
        append(twoDigits: year % 100)
    }

    mutating func append(_ date: CivilDate, separator: Unicode.Scalar?) {
        append(year: date.year)
        if let separator { append(separator) }
        append(twoDigits: date.month)
        if let separator { append(separator) }
        append(twoDigits: date.day)
    }

    mutating func append(clock second: Int, separator: Unicode.Scalar?) {
        append(twoDigits: second / 3600)
        if let separator { append(separator) }
        append(twoDigits: second / 60 % 60)
        if let separator { append(separator) }
        append(twoDigits: second % 60)
    }

    /// Three letters of a row of such names.
    mutating func append(name: Int, of names: StaticString) {
        for index in name * 3..<name * 3 + 3 { append(unsafe names.utf8Start[index]) }
    }

    func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        body(bytes.span.extracting(first: count))
    }
}
