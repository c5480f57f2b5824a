import Glibc
internal import Kernel

/// A process, told apart from a later one with the same number by when it started.
package struct ProcessIdentity: Equatable, Sendable {
    package let identifier: Int32
    /// Ticks of the system's clock after boot: field 22 of /proc/PID/stat.
    package let startTicks: UInt64

    package init(identifier: Int32, startTicks: UInt64) {
        self.identifier = identifier
        self.startTicks = startTicks
    }

    /// The process that has this number now; nil if there is none, or it is dead and only waits to be buried.
    package static func current(_ identifier: Int32) -> ProcessIdentity? {
        guard identifier > 0, let bytes = try? FileStore.read("/proc/\(identifier)/stat") else { return nil }
        return parse(String(decoding: bytes, as: UTF8.self), identifier: identifier)
    }

    /// Whether it still runs.
    package var isAlive: Bool { Self.current(identifier) == self }

    /// When it started, in nanoseconds of CLOCK_BOOTTIME, rounded down to a system clock's tick.
    package var startedNanoseconds: UInt64 {
        startTicks * (1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK)))))
    }

    static func parse(_ text: String, identifier: Int32) -> ProcessIdentity? {
        guard let fields = ProcessStat.fields(text), fields.count > 19, fields[0] != "Z", fields[0] != "X",
            let start = UInt64(fields[19])
        else { return nil }
        return ProcessIdentity(identifier: identifier, startTicks: start)
    }
}
