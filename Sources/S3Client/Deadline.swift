/// The instant on the monotonic clock at which a request's time is used up, whatever it is doing.
///
/// In microseconds of the same clock as `S3Surroundings.stopwatch`.
package struct Deadline: Sendable, Hashable, Comparable {
    package let microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// `milliseconds` after `now`, which is in microseconds.
    package init(milliseconds: Int64, after now: Int64) {
        let (length, isTooLong) = milliseconds.multipliedReportingOverflow(by: 1000)
        let (sum, isTooLate) = now.addingReportingOverflow(length)
        microseconds = isTooLong || isTooLate ? .max : sum
    }

    /// Microseconds left at `now`, never negative.
    package func remaining(at now: Int64) -> Int64 {
        let (difference, overflow) = microseconds.subtractingReportingOverflow(now)
        return overflow ? .max : max(0, difference)
    }

    package static func < (left: Deadline, right: Deadline) -> Bool {
        left.microseconds < right.microseconds
    }
}
