internal import CLibBPF
import Glibc

/// How often the datapath's program ran, and how long that took.
///
/// The kernel keeps these statistics only while a process requests them, because two clock reads per packet cost a few
/// per cent. So they are switched on for a short time, as a sample: see ``sample(datapath:microseconds:)``.
package struct RunStatistics: Equatable, Sendable {
    package var runs: UInt64
    package var nanoseconds: UInt64

    package init(runs: UInt64, nanoseconds: UInt64) {
        self.runs = runs
        self.nanoseconds = nanoseconds
    }

    /// nil if nothing ran.
    package var nanosecondsPerRun: Double? { runs > 0 ? Double(nanoseconds) / Double(runs) : nil }

    /// Measures the program for some time, and blocks for that time.
    package static func sample(datapath: Datapath, microseconds: UInt32 = 20_000) throws(KernelError) -> RunStatistics {
        let program = try datapath.program(ProgramName.ingress)
        // They are kept as long as this descriptor is open.
        let switched = FileDescriptor(
            try SystemCall.check("switching run statistics on") { bpf_enable_stats(BPF_STATS_RUN_TIME) })
        defer { withExtendedLifetime(switched) {} }
        let before = try program.runStatistics()
        usleep(microseconds)
        let after = try program.runStatistics()
        return RunStatistics(runs: after.runs &- before.runs, nanoseconds: after.nanoseconds &- before.nanoseconds)
    }
}
