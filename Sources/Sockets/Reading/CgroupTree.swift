import CLibBPF
import Glibc

/// The cgroup2 hierarchy, as directories.
package enum CgroupTree {
    /// CGROUP2_SUPER_MAGIC of linux/magic.h.
    private static let magic: UInt32 = 0x6367_7270

    /// Where it is mounted; nil: this host has none.
    package static var root: String? { root(mounts: Folder.text("/proc/self/mounts") ?? "") }

    /// - Parameter mounts: the text of /proc/self/mounts.
    static func root(mounts: String) -> String? {
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count > 2, fields[2] == "cgroup2" { return String(fields[1]) }
        }
        return nil
    }

    /// A directory of the hierarchy, by an absolute path, or by one below its root.
    package static func directory(_ path: String) throws(SocketError) -> String {
        guard let root else { throw .noUnifiedCgroups }
        let whole = path.hasPrefix("/") && path.hasPrefix(root) ? path : "\(root)/\(path)"
        var information = statfs()
        let isThere = statfs(whole, &information) == 0
        guard isThere, UInt32(truncatingIfNeeded: information.f_type) == magic, identifier(of: whole) != nil else {
            throw .notACgroup(path: path)
        }
        var trimmed = Substring(whole)
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        return String(trimmed)
    }

    /// The kernel's number of a directory.
    static func identifier(of path: String) -> UInt64? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        return UInt64(status.st_ino)
    }

    /// The directory and all below it, by number.
    package static func paths(below path: String) -> [UInt64: String] {
        guard let own = identifier(of: path) else { return [:] }
        var found = [own: path]
        for name in Folder.names(path) where identifier(of: "\(path)/\(name)") != nil {
            found.merge(paths(below: "\(path)/\(name)")) { first, _ in first }
        }
        return found
    }
}
