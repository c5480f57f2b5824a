import Glibc
internal import Kernel

/// A process, distinguished from a later one with the same number by its start time.
package struct ProcessIdentity: Equatable, Sendable {
    package let identifier: Int32
    /// Ticks of the system's clock after boot: field 22 of /proc/PID/stat.
    package let startTicks: UInt64

    package init(identifier: Int32, startTicks: UInt64) {
        self.identifier = identifier
        self.startTicks = startTicks
    }

    /// The process that has this number now; nil if there is none, or if it is dead and waits to be reaped.
    package static func current(_ identifier: Int32) -> ProcessIdentity? {
        guard identifier > 0, let bytes = try? FileStore.read("/proc/\(identifier)/stat") else { return nil }
        return parse(String(decoding: bytes, as: UTF8.self), identifier: identifier)
    }

    /// Whether it still runs.
    package var isAlive: Bool { Self.current(identifier) == self }

    /// Start time in nanoseconds of CLOCK_BOOTTIME, rounded down to a tick of the system's clock.
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

/// The file that a process runs, distinguished from a later file of the same name.
package struct ProgramFile: Equatable, Sendable, CustomStringConvertible {
    let device: UInt64
    let inode: UInt64
    /// Time of its last change, nanoseconds since 1970: an inode number may be reused.
    let changed: Int64

    /// - Returns: nil if there is no such process, or this process may not inspect it.
    init?(of process: Int32) { self.init(path: "/proc/\(process)/exe") }

    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        // Not the change time of the inode: for a removed file it is later.
        changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    /// The file that this process runs.
    static var own: ProgramFile? { ProgramFile(path: "/proc/self/exe") }

    package var description: String { "\(device):\(inode):\(changed)" }
}
