internal import CLibBPF
import Glibc

/// Confines a process permanently: it keeps what it has open, and otherwise has no more rights than an unknown user.
package enum Confinement {
    /// `nobody`.
    package static let user: UInt32 = 65534
    /// A group without members: Debian reserves it, systemd does not use it. So what this group can read is readable
    /// only by confined processes.
    package static let group: UInt32 = 65533

    /// Gives up user, group and supplementary groups (if it is root), all capabilities in all sets, and core dumps. If
    /// the kernel has Landlock, only files below `readable` remain accessible, and only for reading.
    ///
    /// Call it before the process has a second thread: some of this applies only to one thread and the threads that it
    /// starts.
    ///
    /// - Returns: Landlock's version; 0: the kernel has none, and files are protected only by their permissions.
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
