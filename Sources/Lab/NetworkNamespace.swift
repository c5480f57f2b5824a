import Glibc

/// A named network namespace, as `ip netns` creates them.
struct NetworkNamespace: Sendable {
    let name: String

    var path: String { "/run/netns/" + name }

    var exists: Bool { access(path, F_OK) == 0 }

    /// A command that runs in it. It uses `nsenter`, because `ip netns exec` mounts a new /sys, which hides the bpf
    /// file system from the gateway.
    func entering(_ command: [String]) -> [String] {
        ["nsenter", "--net=" + path, "--"] + command
    }

    func create() throws(LabError) {
        try runShort(["ip", "netns", "add", name])
    }

    /// Removes it. Does nothing if it does not exist.
    func remove() throws(LabError) {
        guard exists else { return }
        try runShort(["ip", "netns", "delete", name])
    }

    /// Processes in it, by identifier.
    var members: [pid_t] {
        guard let namespace = Self.inode(path), namespace != Self.inode("/proc/self/ns/net") else { return [] }
        return directoryEntries("/proc").compactMap { pid_t($0) }
            .filter { Self.inode("/proc/\($0)/ns/net") == namespace }
    }

    /// Kills its processes until none is left, for at most 10 s (``Patience``).
    func killMembers() throws(LabError) {
        let deadline = ContinuousClock.now + Patience.scaled(.seconds(10))
        var remaining = members
        while !remaining.isEmpty {
            guard ContinuousClock.now < deadline else {
                throw .leftBehind("processes \(remaining) in network namespace \(name): kill them by hand")
            }
            for process in remaining {
                _ = kill(process, SIGKILL)
            }
            usleep(5_000)
            remaining = members
        }
    }

    /// Two namespaces are the same if their inodes are equal. A zombie process has none.
    private static func inode(_ path: String) -> ino_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_ino : nil
    }
}

/// Names in a directory; empty if it can't be read.
func directoryEntries(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." {
            names.append(name)
        }
    }
    return names.sorted()
}
