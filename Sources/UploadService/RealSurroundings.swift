internal import Glibc

extension Surroundings {
    /// The machine's clocks and randomness, and standard error for the log.
    package static var real: Surroundings {
        Surroundings(
            now: { clock(CLOCK_REALTIME, unit: 1_000_000) }, stopwatch: { clock(CLOCK_MONOTONIC, unit: 1000) },
            random: { [pool = RandomPool()] in pool.take($0) },
            log: { StandardError.write($0) })
    }

    /// Nanoseconds of a clock, in units of so many.
    private static func clock(_ id: clockid_t, unit: Int64) -> Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(id, &time)
        return (Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)) / unit
    }
}
