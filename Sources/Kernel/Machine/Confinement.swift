internal import CLibBPF
import Glibc

/// Makes a process harmless for good: it keeps what it has open, and can do no more than a stranger.
package enum Confinement {
    /// `nobody`.
    package static let user: UInt32 = 65534
    /// A group that nobody is in: Debian reserves it, systemd leaves it unused. So what is readable by it is readable by confined
    /// processes alone.
    package static let group: UInt32 = 65533

    /// Gives up user, group and supplementary groups (where it is root), all capabilities in all sets, and core dumps; leaves, of all files,
    /// only those below `readable`, and only for reading, where the kernel has Landlock.
    ///
    /// To be called before the process has a second thread: some of this holds for one thread and those that it starts.
    ///
    /// - Returns: Landlock's version; 0: the kernel has none, and files are protected by their permissions alone.
    package static func begin(readable: [String]) throws(KernelError) -> Int {
        let threads = threadCount()
        precondition(threads == 1, "a process with \(threads) threads can't be confined")
        try SystemCall.check("giving up privileges") { sluice_give_up_privileges(user, group) }
        let paths = readable.map { strdup($0) }
        defer { for path in paths { free(path) } }
        let pointers: [UnsafePointer<CChar>] = paths.compactMap { $0.map { UnsafePointer($0) } }
        return Int(
            try SystemCall.check("restricting access to files") {
                sluice_restrict_files(pointers, UInt32(pointers.count))
            })
    }

    private static func threadCount() -> Int {
        let status = TextFile.read("/proc/self/status") ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("Threads:") }
        return line.flatMap { Int($0.dropFirst("Threads:\t".count)) } ?? 1
    }
}
