import Glibc

/// CPU time of everything that works for a measurement: this thread, which sends, and in which nearly all of the
/// kernel's work for the packets happens; the kernel's softirq threads, which do the remaining work; and the
/// contender's own processes. In nanoseconds, from the scheduler's statistics, so that other programs on the machine do
/// not count.
struct CPUMeter {
    struct Reading: Codable {
        /// This thread.
        var sender: Int
        /// ksoftirqd of all cores.
        var softirq: Int
        /// The contender's processes.
        var processes: Int
        /// Wall clock time.
        var wall: Int

        var cpu: Int { sender + softirq + processes }

        static func - (left: Reading, right: Reading) -> Reading {
            Reading(
                sender: left.sender - right.sender, softirq: left.softirq - right.softirq,
                processes: left.processes - right.processes, wall: left.wall - right.wall)
        }
    }

    let processes: [pid_t]
    private let softirqThreads: [pid_t]

    init(processes: [pid_t]) throws {
        self.processes = processes
        softirqThreads = Self.softirqThreads
        guard !softirqThreads.isEmpty else { throw BenchError.answer(of: "/proc", was: "there is no ksoftirqd") }
    }

    /// The cost of `body`.
    func measure(_ body: () throws -> Void) throws -> Reading {
        try Self.withPriority {
            let before = try reading()
            try body()
            return try reading() - before
        }
    }

    /// Runs `body` with the highest ordinary priority, so that other programs interrupt it less.
    static func withPriority<Result>(_ body: () throws -> Result) rethrows -> Result {
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -20)
        defer { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 0) }
        return try body()
    }

    func reading() throws -> Reading {
        Reading(
            sender: Self.nanoseconds(CLOCK_THREAD_CPUTIME_ID),
            softirq: try softirqThreads.reduce(0) { try $0 + Self.runtime("/proc/\($1)/schedstat") },
            processes: try processes.reduce(0) { try $0 + Self.runtime(ofProcess: $1) },
            wall: Self.nanoseconds(CLOCK_MONOTONIC))
    }

    /// CPU time of all threads of a process, including those that have ended: a sum over the living threads could
    /// decrease.
    static func runtime(ofProcess identifier: pid_t) throws -> Int {
        var clock = clockid_t()
        guard clock_getcpuclockid(identifier, &clock) == 0 else {
            throw BenchError.answer(of: "clock_getcpuclockid", was: "there is no process \(identifier)")
        }
        return nanoseconds(clock)
    }

    /// The first number of a schedstat file: nanoseconds on a CPU.
    private static func runtime(_ path: String) throws -> Int {
        let text = try BenchFile.read(path)
        guard let first = text.split(separator: " ").first.flatMap({ Int($0) }) else {
            throw BenchError.answer(of: path, was: text)
        }
        return first
    }

    static func nanoseconds(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static let softirqThreads: [pid_t] = BenchFile.names(in: "/proc").compactMap { pid_t($0) }.filter {
        let name = try? BenchFile.read("/proc/\($0)/comm")
        return name?.hasPrefix("ksoftirqd/") == true
    }
}
