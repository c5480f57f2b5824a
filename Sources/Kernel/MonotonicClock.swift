internal import CLibBPF
import Glibc

/// The clock that the kernel program reads as well: CLOCK_MONOTONIC of the machine.
///
/// In a time namespace (`unshare -T`, some containers) a process reads another CLOCK_MONOTONIC, with an offset that the
/// kernel program does not know. The offset is subtracted here. So all processes and the kernel have the same time,
/// wherever they run.
package enum MonotonicClock {
    /// Nanoseconds of the machine's CLOCK_MONOTONIC.
    package static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let shown = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        return UInt64(max(0, shown - offset))
    }

    /// How far the clock of this process's time namespace is ahead of the machine's, in nanoseconds. It does not change
    /// for a process.
    private static let offset: Int64 = {
        // Kernels without time namespaces have no such file.
        offset(in: TextFile.read("/proc/self/timens_offsets") ?? "")
    }()

    /// The offset in a file `timens_offsets` (time_namespaces(7)): one line per clock, with seconds and nanoseconds.
    static func offset(in text: String) -> Int64 {
        for line in text.split(separator: "\n") {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count == 3, fields[0] == "monotonic", let seconds = Int64(fields[1]),
                let nanoseconds = Int64(fields[2])
            else { continue }
            return seconds * 1_000_000_000 + nanoseconds
        }
        return 0
    }
}
