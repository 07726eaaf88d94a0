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
        self = unsafe try text.bytes.withUnsafeBufferPointer { bytes throws(Invalid) in
            var reader = unsafe Reader(bytes)
            return try SigningTime(&reader, as: spelling)
        }
    }

    private init(_ reader: inout Reader, as spelling: Spelling) throws(Invalid) {
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

    /// From Thursday, the first day of 1970.
    static let weekdays: StaticString = "ThuFriSatSunMonTueWed"
    static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    private static let last: Int64 = 253_402_300_799

    private init(known secondsSince1970: Int64) {
        self.secondsSince1970 = secondsSince1970
    }
}

/// Reads by moving an index over memory that is lent.
@safe private struct Reader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        unsafe self.bytes = bytes
    }

    var isAtEnd: Bool { unsafe position == bytes.count }

    private func has(_ count: Int) -> Bool { unsafe bytes.count - position >= count }

    @inline(__always)
    mutating func number(_ digits: Int) throws(SigningTime.Invalid) -> Int {
        guard has(digits) else { throw .form }
        var number = 0
        for _ in 0..<digits {
            let digit = unsafe bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { throw .form }
            number = number &* 10 &+ Int(digit)
            position &+= 1
        }
        return number
    }

    @inline(__always)
    mutating func skip(_ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        guard has(length) else { return false }
        for index in 0..<length where unsafe bytes[position + index] != literal.utf8Start[index] {
            return false
        }
        position += length
        return true
    }

    @inline(__always)
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
        for index in 0..<names.utf8CodeUnitCount / 3 where has(3) {
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
