import Glibc

/// Names in folders, and small texts, of /proc and the cgroup hierarchy.
enum Folder {
    /// The names in a folder, without `.` and `..`; empty if it can't be read.
    static func names(_ path: String) -> [String] {
        var names: [String] = []
        forEachName(path) { _, name in names.append(String(cString: name)) }
        return names
    }

    /// Calls `body` with the folder's descriptor and each name.
    static func forEachName(_ path: String, _ body: (Int32, UnsafePointer<CChar>) -> Void) {
        guard let stream = opendir(path) else { return }
        defer { closedir(stream) }
        let descriptor = dirfd(stream)
        while let entry = readdir(stream) {
            withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    let isDot = name[0] == 46 && (name[1] == 0 || (name[1] == 46 && name[2] == 0))
                    if !isDot { body(descriptor, name) }
                }
            }
        }
    }

    /// The identifiers of all visible processes, in order.
    static func processes() -> [Int32] { names("/proc").compactMap { Int32($0) }.sorted() }

    /// A small text; nil if it can't be read.
    static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                if count == 0 { return String(decoding: bytes, as: UTF8.self) }
                if count < 0 { return nil }
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]))
            }
        }
    }

    /// The target of a symbolic link; nil if it can't be read.
    static func link(_ path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX)) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            let count = readlink(path, start, buffer.count - 1)
            guard count > 0 else { return nil }
            start[count] = 0
            return String(cString: start)
        }
    }
}
