import Glibc

/// Whether a process does, or can still do, anything. One that has ended but was not waited for by its parent (a zombie) can't,
/// though it still has its identifier.
func isAlive(_ process: pid_t) -> Bool {
    // Each thread is looked at: a process whose first thread has ended goes on with the others.
    directoryEntries("/proc/\(process)/task").contains { thread in
        guard let state = threadState("/proc/\(process)/task/\(thread)/stat") else { return false }
        return state != UInt8(ascii: "Z") && state != UInt8(ascii: "X")
    }
}

/// The state's letter in a `stat` file of /proc (proc_pid_stat(5)): what follows the name, which may itself contain parentheses. Nil where
/// the thread is no more.
private func threadState(_ path: String) -> UInt8? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0, let name = bytes[..<count].lastIndex(of: UInt8(ascii: ")")), name + 2 < count else { return nil }
    return bytes[name + 2]
}
