import Glibc

/// The clock that the kernel program reads as well.
package enum MonotonicClock {
    /// CLOCK_MONOTONIC in nanoseconds.
    package static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
