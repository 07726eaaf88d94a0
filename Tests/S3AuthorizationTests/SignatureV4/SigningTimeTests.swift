import Foundation
import Testing

@testable import S3Authorization

struct SigningTimeTests {
    @Test(arguments: [
        (0 as Int64, "19700101T000000Z", "1970-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "20000229T000000Z", "2000-02-29T00:00:00Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_451_347_200, "20151229T000000Z", "2015-12-29T00:00:00Z", "Tue, 29 Dec 2015 00:00:00 GMT"),
        (4_107_542_399, "21000228T235959Z", "2100-02-28T23:59:59Z", "Sun, 28 Feb 2100 23:59:59 GMT"),
        (253_402_300_799, "99991231T235959Z", "9999-12-31T23:59:59Z", "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func spellings(seconds: Int64, basic: String, extended: String, http: String) throws {
        let time = try SigningTime(secondsSince1970: seconds)
        #expect(time.text(.basic) == ByteString(basic))
        #expect(time.text(.day) == ByteString(String(basic.prefix(8))))
        #expect(time.text(.extended) == ByteString(extended))
        #expect(time.text(.http) == ByteString(http))
        #expect(try SigningTime(parsing: ByteString(basic), as: .basic) == time)
        #expect(try SigningTime(parsing: ByteString(extended), as: .extended) == time)
        #expect(try SigningTime(parsing: ByteString(http), as: .http) == time)
        #expect(try SigningTime(parsing: ByteString(String(basic.prefix(8))), as: .day) == time.startOfDay)
    }

    /// Every day of four hundred years and more, after which the calendar repeats: none is missing, none comes twice.
    @Test func everyDay() throws {
        var expected = (year: 1970, month: 1, day: 1)
        var days = 0
        for day in 0..<157_054 {
            let time = try SigningTime(secondsSince1970: Int64(day) * 86_400 + Int64(day % 86_400))
            let text = time.text(.day)
            let number = text.bytes.reduce(0) { $0 * 10 + Int($1 - 48) }
            if number != expected.year * 10_000 + expected.month * 100 + expected.day {
                Issue.record("\(text) is not \(expected)")
                return
            }
            if day % 13 == 0 || expected.month == 2 && expected.day > 27 {
                for spelling in SigningTime.Spelling.allCases {
                    let read = try SigningTime(parsing: time.text(spelling), as: spelling)
                    if read != (spelling == .day ? time.startOfDay : time) {
                        Issue.record("\(time.text(spelling)) reads \(read)")
                        return
                    }
                }
            }
            let isLeap = expected.year % 4 == 0 && expected.year % 100 != 0 || expected.year % 400 == 0
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            expected.day += 1
            if expected.day > lengths[expected.month - 1] { (expected.month, expected.day) = (expected.month + 1, 1) }
            if expected.month > 12 { (expected.year, expected.month) = (expected.year + 1, 1) }
            days += 1
        }
        #expect(days == 157_054 && expected == (2400, 1, 1))
    }

    /// The C library agrees, weekdays included.
    @Test func agreesWithC() throws {
        var seconds: Int64 = 0
        var count = 0
        while seconds <= 253_402_300_799 {
            var parts = unsafe tm()
            var clock = time_t(seconds)
            unsafe gmtime_r(&clock, &parts)
            var buffer = [CChar](repeating: 0, count: 64)
            let length = unsafe strftime(&buffer, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            let text = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            #expect(try SigningTime(secondsSince1970: seconds).text(.http).string == text)
            seconds += 8_640_000 + 12_345
            count += 1
        }
        #expect(count == 29_288)
    }

    @Test(arguments: [Int64.min, -1, 253_402_300_800, Int64.max]) func outOfRange(seconds: Int64) throws {
        #expect(throws: SigningTime.Invalid.range) { try SigningTime(secondsSince1970: seconds) }
        #expect(throws: SigningTime.Invalid.range) {
            try SigningTime(secondsSince1970: 1000).adding(seconds: seconds == -1 ? -1001 : seconds)
        }
    }

    @Test func arithmetic() throws {
        let time = try SigningTime(parsing: "20240228T235959Z", as: .basic)
        #expect(try time.adding(seconds: 1).text(.basic) == "20240229T000000Z")
        #expect(try time.adding(seconds: -1) < time)
        #expect(time.startOfDay.text(.basic) == "20240228T000000Z")
    }

    @Test func millisecondsAreDropped() throws {
        let time = try SigningTime(parsing: "2015-12-30T12:00:00Z", as: .extended)
        #expect(try SigningTime(parsing: "2015-12-30T12:00:00.000Z", as: .extended) == time)
        #expect(try SigningTime(parsing: "2015-12-30T12:00:00.999Z", as: .extended) == time)
    }

    @Test(arguments: [
        ("20151229T000000", SigningTime.Spelling.basic, SigningTime.Invalid.form), ("20151229T000000z", .basic, .form),
        ("20151229t000000Z", .basic, .form), ("20151229 000000Z", .basic, .form), ("20151229T000000Z ", .basic, .form),
        (" 20151229T000000Z", .basic, .form), ("2015122+T000000Z", .basic, .form), ("-0151229T000000Z", .basic, .form),
        ("20151229T00000\u{0665}Z", .basic, .form), ("20151229T000000ZZ", .basic, .form), ("", .basic, .form),
        ("20151229T000000Z\0", .basic, .form), ("20151229T000000.000Z", .basic, .form),
        ("20150229T000000Z", .basic, .value), ("21000229T000000Z", .basic, .value),
        ("20150230T000000Z", .basic, .value),
        ("20150431T000000Z", .basic, .value), ("20150001T000000Z", .basic, .value),
        ("20151301T000000Z", .basic, .value),
        ("20150100T000000Z", .basic, .value), ("20150132T000000Z", .basic, .value),
        ("20151229T240000Z", .basic, .value),
        ("20151229T006000Z", .basic, .value), ("20151231T235960Z", .basic, .value),
        ("19691231T235959Z", .basic, .range),
        ("00000101T000000Z", .basic, .range), ("00000229T000000Z", .basic, .range),
        ("2015122", .day, .form), ("201512290", .day, .form), ("2015-12-29", .day, .form), ("20150229", .day, .value),
        ("2015-12-30T12:00:00", .extended, .form), ("2015-12-30T12:00:00+00:00", .extended, .form),
        ("2015-12-30T12:00:00.Z", .extended, .form), ("2015-12-30T12:00:00.00Z", .extended, .form),
        ("2015-12-30T12:00:00.0000Z", .extended, .form), ("2015-12-30T12:00:00,000Z", .extended, .form),
        ("2015-12-30 12:00:00Z", .extended, .form), ("20151230T120000Z", .extended, .form),
        ("2015-2-30T12:00:00Z", .extended, .form), ("2015-02-30T12:00:00Z", .extended, .value),
        ("Wed, 30 Dec 2015 12:00:00 UTC", .http, .form), ("wed, 30 Dec 2015 12:00:00 GMT", .http, .form),
        ("Wed, 30 dec 2015 12:00:00 GMT", .http, .form), ("Wed,30 Dec 2015 12:00:00 GMT", .http, .form),
        ("Wed, 3 Dec 2015 12:00:00 GMT", .http, .form), ("Wed, 30 Dec 2015 12:00:00 +0000", .http, .form),
        ("Thu, 30 Dec 2015 12:00:00 GMT", .http, .value), ("Mon, 30 Feb 2015 12:00:00 GMT", .http, .value),
        ("Wed", .http, .form), ("Wed, 31 Dec 1969 12:00:00 GMT", .http, .range),
    ])
    func refused(text: String, spelling: SigningTime.Spelling, error: SigningTime.Invalid) {
        #expect(throws: error) { try SigningTime(parsing: ByteString(text), as: spelling) }
    }
}
