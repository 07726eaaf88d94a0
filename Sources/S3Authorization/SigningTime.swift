/// One instant in whole seconds, 1970 to 9999 UTC, and the spellings that S3 knows for it.
public struct SigningTime: Sendable, Hashable, Comparable {
    /// How an instant is written.
    public enum Spelling: Sendable, CaseIterable {
        /// `20151229T000000Z`: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-date-handling.html
        case basic
        /// `20151229`, the day of a credential scope.
        case day
        /// `2015-12-30T12:00:00Z`, a policy's expiration.
        case extended
        /// `Wed, 30 Dec 2015 12:00:00 GMT`: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
        case http
    }

    /// Why a text or a number is no such instant.
    public enum Invalid: Error, Equatable {
        /// Not of the spelling's form: a wrong length, separator or digit.
        case form
        /// Of the right form, but no such day, hour, minute or second exists, or the weekday is another.
        case value
        /// Before 1970 or after 9999.
        case range
    }

    /// Seconds since 1970-01-01 00:00:00 UTC, leap seconds not counted.
    public let secondsSince1970: Int64

    /// Throws `range` outside 1970 to 9999.
    public init(secondsSince1970: Int64) throws(Invalid) {
        guard (0...Self.last).contains(secondsSince1970) else { throw .range }
        self.secondsSince1970 = secondsSince1970
    }

    /// The instant that `text` spells; the extended spelling may have milliseconds (`.000Z`), which are dropped.
    public init(parsing text: ByteString, as spelling: Spelling) throws(Invalid) {
        var reader = Reader(text.bytes)
        var weekday: Int?
        let year, month, day: Int
        var hour = 0
        var minute = 0
        var second = 0
        switch spelling {
        case .basic:
            (year, month, day) = (try reader.number(4), try reader.number(2), try reader.number(2))
            try reader.literal("T")
            (hour, minute, second) = (try reader.number(2), try reader.number(2), try reader.number(2))
            try reader.literal("Z")
        case .day:
            (year, month, day) = (try reader.number(4), try reader.number(2), try reader.number(2))
        case .extended:
            year = try reader.number(4)
            try reader.literal("-")
            month = try reader.number(2)
            try reader.literal("-")
            day = try reader.number(2)
            try reader.literal("T")
            (hour, minute, second) = try reader.clock()
            if reader.skip(".") { _ = try reader.number(3) }
            try reader.literal("Z")
        case .http:
            weekday = try reader.name(of: Self.weekdays)
            try reader.literal(", ")
            day = try reader.number(2)
            try reader.literal(" ")
            month = try reader.name(of: Self.months) + 1
            try reader.literal(" ")
            year = try reader.number(4)
            try reader.literal(" ")
            (hour, minute, second) = try reader.clock()
            try reader.literal(" GMT")
        }
        guard reader.isAtEnd else { throw .form }
        guard (1...12).contains(month), day >= 1, day <= CivilDate.days(inMonth: month, of: year),
            hour < 24, minute < 60, second < 60
        else { throw .value }
        let days = CivilDate(year: year, month: month, day: day).daysSince1970
        if let weekday, days >= 0, weekday != days % 7 { throw .value }
        try self.init(secondsSince1970: Int64(((days * 24 + hour) * 60 + minute) * 60 + second))
    }

    /// The instant `seconds` later, or earlier where negative; throws `range` outside 1970 to 9999.
    public func adding(seconds: Int64) throws(Invalid) -> SigningTime {
        let (sum, overflow) = secondsSince1970.addingReportingOverflow(seconds)
        guard !overflow else { throw .range }
        return try SigningTime(secondsSince1970: sum)
    }

    /// The first second of 1970.
    public static let start = SigningTime(known: 0)

    /// Midnight of the same day.
    public var startOfDay: SigningTime {
        SigningTime(known: secondsSince1970 - secondsSince1970 % 86_400)
    }

    /// Whether `left` is earlier.
    public static func < (left: SigningTime, right: SigningTime) -> Bool {
        left.secondsSince1970 < right.secondsSince1970
    }

    private static let last: Int64 = 253_402_300_799

    private init(known secondsSince1970: Int64) {
        self.secondsSince1970 = secondsSince1970
    }
}

extension SigningTime {
    /// The instant in that spelling, without milliseconds.
    public func text(_ spelling: Spelling) -> ByteString {
        var output: [UInt8] = []
        append(spelling, to: &output)
        return ByteString(output)
    }

    /// Writes the instant behind what `output` holds, without milliseconds.
    public func append(_ spelling: Spelling, to output: inout [UInt8]) {
        output.reserveCapacity(output.count + 29)
        let days = Int(secondsSince1970 / 86_400)
        let date = CivilDate(daysSince1970: days)
        switch spelling {
        case .basic:
            append(date.year, date.month, date.day, separator: nil, to: &output)
            output.append(UInt8(ascii: "T"))
            appendClock(separator: nil, to: &output)
            output.append(UInt8(ascii: "Z"))
        case .day:
            append(date.year, date.month, date.day, separator: nil, to: &output)
        case .extended:
            append(date.year, date.month, date.day, separator: UInt8(ascii: "-"), to: &output)
            output.append(UInt8(ascii: "T"))
            appendClock(separator: UInt8(ascii: ":"), to: &output)
            output.append(UInt8(ascii: "Z"))
        case .http:
            Self.append(name: days % 7, of: Self.weekdays, to: &output)
            output.append(UInt8(ascii: ","))
            output.append(UInt8(ascii: " "))
            Self.append(date.day, digits: 2, to: &output)
            output.append(UInt8(ascii: " "))
            Self.append(name: date.month - 1, of: Self.months, to: &output)
            output.append(UInt8(ascii: " "))
            Self.append(date.year, digits: 4, to: &output)
            output.append(UInt8(ascii: " "))
            appendClock(separator: UInt8(ascii: ":"), to: &output)
            output.append(contentsOf: " GMT".utf8)
        }
    }

    /// From Thursday, the first day of 1970.
    private static let weekdays: StaticString = "ThuFriSatSunMonTueWed"
    private static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    private func append(_ year: Int, _ month: Int, _ day: Int, separator: UInt8?, to output: inout [UInt8]) {
        Self.append(year, digits: 4, to: &output)
        if let separator { output.append(separator) }
        Self.append(month, digits: 2, to: &output)
        if let separator { output.append(separator) }
        Self.append(day, digits: 2, to: &output)
    }

    private func appendClock(separator: UInt8?, to output: inout [UInt8]) {
        let second = Int(secondsSince1970 % 86_400)
        Self.append(second / 3600, digits: 2, to: &output)
        if let separator { output.append(separator) }
        Self.append(second / 60 % 60, digits: 2, to: &output)
        if let separator { output.append(separator) }
        Self.append(second % 60, digits: 2, to: &output)
    }

    private static func append(_ number: Int, digits: Int, to output: inout [UInt8]) {
        if digits == 4 {
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 1000 % 10))
            output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 100 % 10))
        }
        output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10 % 10))
        output.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }

    private static func append(name: Int, of names: StaticString, to output: inout [UInt8]) {
        for index in name * 3..<name * 3 + 3 {
            output.append(unsafe names.utf8Start[index])
        }
    }
}

/// Reads by moving an index: a slice cut anew for each number would be counted anew as well.
private struct Reader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    private func has(_ count: Int) -> Bool { bytes.endIndex - position >= count }

    mutating func number(_ digits: Int) throws(SigningTime.Invalid) -> Int {
        guard has(digits) else { throw .form }
        var number = 0
        for index in position..<position + digits {
            let byte = bytes[index]
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { throw .form }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        position += digits
        return number
    }

    mutating func skip(_ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard has(length) else { return false }
        for index in 0..<length where unsafe bytes[position + index] != literal.utf8Start[index] {
            return false
        }
        position += length
        return true
    }

    mutating func literal(_ literal: StaticString) throws(SigningTime.Invalid) {
        guard skip(literal) else { throw .form }
    }

    mutating func clock() throws(SigningTime.Invalid) -> (Int, Int, Int) {
        let hour = try number(2)
        try literal(":")
        let minute = try number(2)
        try literal(":")
        return (hour, minute, try number(2))
    }

    /// The index of the next three letters in a row of names of three letters each.
    mutating func name(of names: StaticString) throws(SigningTime.Invalid) -> Int {
        guard has(3) else { throw .form }
        for index in 0..<names.utf8CodeUnitCount / 3 {
            var matches = true
            for offset in 0..<3 where unsafe bytes[position + offset] != names.utf8Start[index * 3 + offset] {
                matches = false
            }
            if matches {
                position += 3
                return index
            }
        }
        throw .form
    }
}
