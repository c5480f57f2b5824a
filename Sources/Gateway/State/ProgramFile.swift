import Glibc

/// The file that a process runs, told apart from another one under the same name: also where that was put in its place since.
package struct ProgramFile: Equatable, Sendable, CustomStringConvertible {
    let device: UInt64
    let inode: UInt64
    /// Of its last change, nanoseconds since 1970: an inode's number may be used again.
    let changed: Int64

    /// - Returns: nil where there is no such process, or this one may not look at it.
    init?(of process: Int32) { self.init(path: "/proc/\(process)/exe") }

    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        // Not the time of a change of its inode: a removed file has a younger one.
        changed = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    /// What this process runs.
    static var own: ProgramFile? { ProgramFile(path: "/proc/self/exe") }

    package var description: String { "\(device):\(inode):\(changed)" }
}
