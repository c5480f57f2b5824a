import Glibc

/// Folders that a group may read, besides their owner.
enum SharedFolder {
    /// Files that the group must not read: tokens, the control socket, the marks of flow logs.
    private static func isPrivate(_ name: String) -> Bool {
        name.hasSuffix(".token") || name.hasSuffix(".token.new") || name.hasSuffix(".sock") || name == "flow-marks"
    }

    /// Lets a group read a folder, the files in it, and the files that are made there later. A file that can't be shared is not readable
    /// for the group; the reader then reports that.
    static func share(_ path: String, with group: gid_t) {
        guard chown(path, uid_t.max, group) == 0 else { return }
        // New files get the folder's group.
        chmod(path, 0o2750)
        for name in names(in: path) where !isPrivate(name) {
            let file = "\(path)/\(name)"
            var status = stat()
            guard lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            guard lchown(file, uid_t.max, group) == 0 else { continue }
            chmod(file, 0o640)
        }
    }

    /// Lets a group traverse a folder, without listing its content.
    static func shareEntrance(_ path: String, with group: gid_t) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o001 == 0 else { return }
        if chown(path, uid_t.max, group) == 0 { chmod(path, status.st_mode & 0o7777 | 0o010) }
    }

    /// Lets a group read a folder and everything below it with root's group. Files that an operator gave to another group do not change.
    static func shareTree(_ path: String, with group: gid_t) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_gid == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            guard lchown(path, uid_t.max, group) == 0 else { return }
            chmod(path, status.st_mode & 0o7777 | 0o2050)
            for name in names(in: path) { shareTree("\(path)/\(name)", with: group) }
        case S_IFREG:
            guard lchown(path, uid_t.max, group) == 0 else { return }
            chmod(path, status.st_mode & 0o7777 | 0o040)
        default: break
        }
    }

    private static func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) {
                    String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}
