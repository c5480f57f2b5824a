import Glibc

/// The CPU usage of the whole machine during the run, from /proc/stat.
struct MachineUsage: Codable {
    /// Share of the CPU time that the hypervisor gave to other machines.
    let stealPercent: Double
    /// Share of the CPU time that was neither idle nor ours: it disturbed the figures.
    let othersPercent: Double

    /// The counters at one time.
    struct Mark {
        fileprivate let fields: [Double]
        fileprivate let own: Double

        init() throws {
            let text = try BenchFile.read("/proc/stat")
            fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Double($0) }
            guard fields.count >= 8 else { throw BenchError.answer(of: "/proc/stat", was: text) }
            // All processes of the run have ended by then, or are threads of this process.
            var ours = 0.0
            for who in [RUSAGE_SELF, RUSAGE_CHILDREN] {
                var usage = rusage()
                getrusage(__rusage_who_t(who.rawValue), &usage)
                for time in [usage.ru_utime, usage.ru_stime] {
                    ours += Double(time.tv_sec) + Double(time.tv_usec) * 1e-6
                }
            }
            own = ours * Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    init(from start: Mark, to end: Mark) {
        let difference = zip(start.fields, end.fields).prefix(8).map { $1 - $0 }
        let all = max(1, difference.reduce(0, +))
        // user, nice, system, idle, iowait, irq, softirq, steal.
        let busy = all - difference[3] - difference[4] - difference[7]
        stealPercent = 100 * difference[7] / all
        othersPercent = 100 * max(0, busy - (end.own - start.own)) / all
    }
}
