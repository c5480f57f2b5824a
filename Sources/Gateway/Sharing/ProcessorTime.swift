import Glibc

/// Processor time that a process has used.
package enum ProcessorTime {
    /// All its threads, in user and system mode, in nanoseconds; nil if it is gone.
    package static func ofProcess(_ process: Int32) -> UInt64? {
        var clock = clockid_t()
        guard process > 0, clock_getcpuclockid(process, &clock) == 0 else { return nil }
        var time = timespec()
        guard clock_gettime(clock, &time) == 0 else { return nil }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
