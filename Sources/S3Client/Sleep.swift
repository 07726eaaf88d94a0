internal import Glibc

extension S3Surroundings {
    /// Sleeps on the monotonic clock, so that a step of the wall clock makes no pause longer.
    package static func sleep(microseconds: Int64) {
        var rest = timespec()
        rest.tv_sec = Int(microseconds / 1_000_000)
        rest.tv_nsec = Int(microseconds % 1_000_000) * 1000
        var left = timespec()
        while unsafe clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &left) == EINTR { rest = left }
    }
}
