import Glibc

/// Whether a process can still do anything. One that has ended but was not reaped by its parent (a zombie) can't,
/// though it still has its identifier.
func isAlive(_ process: pid_t) -> Bool {
    // Every thread is checked: a process whose main thread has ended continues with the others.
    directoryEntries("/proc/\(process)/task").contains { thread in
        guard let state = threadState("/proc/\(process)/task/\(thread)/stat") else { return false }
        return state != UInt8(ascii: "Z") && state != UInt8(ascii: "X")
    }
}

/// The letter of the state in a `stat` file of /proc (proc_pid_stat(5)). It follows the name, which may itself contain
/// parentheses. Nil if the thread no longer exists.
private func threadState(_ path: String) -> UInt8? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0, let name = bytes[..<count].lastIndex(of: UInt8(ascii: ")")), name + 2 < count else { return nil }
    return bytes[name + 2]
}
