internal import CLibBPF
import Glibc

/// The clock that the kernel program reads as well: CLOCK_MONOTONIC of the machine.
///
/// In a time namespace (`unshare -T`, some containers) a process is shown another CLOCK_MONOTONIC, moved by an offset that the kernel
/// program knows nothing of. It is taken off here, so that all processes and the kernel agree on what is now, wherever they run.
package enum MonotonicClock {
    /// Nanoseconds of the machine's CLOCK_MONOTONIC.
    package static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let shown = Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        return UInt64(max(0, shown - offset))
    }

    /// What the clock of this process's time namespace is ahead of the machine's, in nanoseconds. A process does not change it.
    private static let offset: Int64 = {
        // Kernels without time namespaces have no such file.
        offset(in: TextFile.read("/proc/self/timens_offsets") ?? "")
    }()

    /// The offset in a file `timens_offsets` (time_namespaces(7)): a line a clock, with seconds and nanoseconds.
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
