import Glibc
internal import Kernel

/// The resources of a process (proc(5)).
package struct ProcessUsage: Equatable, Sendable {
    /// In user and system mode, of all threads.
    package var cpuSeconds: Double
    package var residentBytes: Int
    /// Seconds since 1970.
    package var startedSeconds: Double

    package init(cpuSeconds: Double, residentBytes: Int, startedSeconds: Double) {
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
        self.startedSeconds = startedSeconds
    }

    /// - Parameters:
    ///   - stat: text of /proc/PID/stat.
    ///   - ticksPerSecond: the unit of the times in it.
    ///   - bootSeconds: when the machine started, in seconds since 1970.
    /// - Returns: nil if the text has another format.
    init?(stat text: String, ticksPerSecond: Double, pageBytes: Int, bootSeconds: Double) {
        guard let fields = ProcessStat.fields(text), fields.count > 21, let user = Double(fields[11]),
            let system = Double(fields[12]),
            let start = Double(fields[19]), let pages = Int(fields[21])
        else { return nil }
        cpuSeconds = (user + system) / ticksPerSecond
        residentBytes = pages * pageBytes
        startedSeconds = bootSeconds + start / ticksPerSecond
    }

    /// - Returns: nil if the process does not exist.
    package init?(of process: Int32) {
        guard let text = TextFile.read("/proc/\(process)/stat") else { return nil }
        self.init(
            stat: text, ticksPerSecond: Double(max(1, sysconf(Int32(_SC_CLK_TCK)))),
            pageBytes: max(1, sysconf(Int32(_SC_PAGESIZE))),
            bootSeconds: Self.seconds(CLOCK_REALTIME) - Self.seconds(CLOCK_BOOTTIME))
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
