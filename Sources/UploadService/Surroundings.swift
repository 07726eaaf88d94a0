internal import S3Authorization

/// What the outside world lends a request: the time, randomness, a place for a log line, and the counters.
package struct Surroundings: Sendable {
    /// Milliseconds since 1970 UTC.
    package var now: @Sendable () -> Int64
    /// Microseconds on a clock that never goes back.
    package var stopwatch: @Sendable () -> Int64
    package var random: @Sendable (_ count: Int) -> [UInt8]
    /// Takes one line, without its line feed.
    package var log: @Sendable (_ line: Span<UInt8>) -> Void
    package var style = LogStyle()
    package var metrics = Metrics()

    package init(
        now: @escaping @Sendable () -> Int64, stopwatch: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable (Int) -> [UInt8], log: @escaping @Sendable (Span<UInt8>) -> Void
    ) {
        self.now = now
        self.stopwatch = stopwatch
        self.random = random
        self.log = log
    }
}

extension Surroundings {
    var signingTime: SigningTime {
        (try? SigningTime(secondsSince1970: now() / 1000)) ?? .start
    }
}
