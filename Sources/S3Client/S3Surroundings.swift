/// What the outside world lends our calls to S3: two clocks, randomness, sleep, and an ear for what happened.
package struct S3Surroundings: Sendable {
    /// Milliseconds since 1970 UTC.
    package var now: @Sendable () -> Int64
    /// Microseconds on a clock that never goes back.
    package var stopwatch: @Sendable () -> Int64
    package var random: @Sendable (_ count: Int) -> [UInt8]
    /// Sleeps so many microseconds.
    package var sleep: @Sendable (_ microseconds: Int64) -> Void
    /// Hears of every try, successful or not.
    package var observe: @Sendable (Attempt) -> Void
    /// Hears by how many seconds S3's clock turned out to be ahead of ours.
    package var skew: @Sendable (Int64) -> Void
    /// Hears what the operator should know of credentials; nothing secret.
    package var notice: @Sendable (String) -> Void

    package init(
        now: @escaping @Sendable () -> Int64, stopwatch: @escaping @Sendable () -> Int64,
        random: @escaping @Sendable (Int) -> [UInt8],
        sleep: @escaping @Sendable (Int64) -> Void = S3Surroundings.sleep(microseconds:),
        observe: @escaping @Sendable (Attempt) -> Void = { _ in },
        skew: @escaping @Sendable (Int64) -> Void = { _ in },
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.now = now
        self.stopwatch = stopwatch
        self.random = random
        self.sleep = sleep
        self.observe = observe
        self.skew = skew
        self.notice = notice
    }
}
