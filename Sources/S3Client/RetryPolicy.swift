/// How often a call is tried and how long we wait between: full jitter, which spreads a crowd best.
///
/// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
package struct RetryPolicy: Sendable, Equatable {
    package var tries: Int
    /// Milliseconds that the first pause is at most; each next may be twice as long.
    package var base: Int64
    /// Milliseconds that any pause is at most.
    package var maximumPause: Int64
    /// Milliseconds of S3's own `Retry-After` that are waited at most.
    package var maximumRetryAfter: Int64

    package init(
        tries: Int = 4, base: Int64 = 100, maximumPause: Int64 = 2000, maximumRetryAfter: Int64 = 10_000
    ) {
        self.tries = tries
        self.base = base
        self.maximumPause = maximumPause
        self.maximumRetryAfter = maximumRetryAfter
    }

    /// Microseconds to wait after the try `number`, counted from 1; `random` is uniform over all its bits.
    func pause(after number: Int, retryAfter seconds: UInt64?, random: UInt64) -> Int64 {
        let doublings = min(max(0, number - 1), 20)
        let ceiling = min(maximumPause, base << Int64(doublings)) * 1000
        let jitter = Int64(random.multipliedFullWidth(by: UInt64(max(0, ceiling)) + 1).high)
        guard let seconds else { return jitter }
        return max(jitter, Int64(min(seconds, UInt64(maximumRetryAfter / 1000))) * 1_000_000)
    }
}
