import Glibc

/// journald's socket, for a process whose standard error is connected to the journal. Only the thread of ``LogOutput`` uses it, which may
/// wait.
final class JournalSocket {
    static let standardPath = "/run/systemd/journal/socket"

    private let path: String
    /// -1: not connected yet, or journald was restarted.
    private var descriptor: Int32 = -1

    init(path: String = JournalSocket.standardPath) { self.path = path }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether a descriptor is the stream that the service manager has connected to the journal: `JOURNAL_STREAM` is its `device:inode`
    /// (systemd.exec(5)). The variable describes the standard error at the start of the process; a redirected one is another file.
    static func isJournal(_ descriptor: Int32, variable: String?) -> Bool {
        guard let parts = variable?.split(separator: ":"), parts.count == 2, let device = UInt64(parts[0]),
            let number = UInt64(parts[1])
        else { return false }
        var status = stat()
        return fstat(descriptor, &status) == 0 && UInt64(status.st_dev) == device && UInt64(status.st_ino) == number
    }

    /// - Returns: false if journald does not accept it, or it is too large: then the line goes to standard error.
    func send(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= JournalEntry.maximumBytes else { return false }
        // Try twice: after a restart of journald the old socket refuses, and the new one listens at the same path.
        return sendOnce(bytes) || sendOnce(bytes)
    }

    private func sendOnce(_ bytes: [UInt8]) -> Bool {
        guard descriptor >= 0 || connect() else { return false }
        while Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) < 0 {
            if errno == EINTR { continue }
            close(descriptor)
            descriptor = -1
            return false
        }
        return true
    }

    private func connect() -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let made = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard made >= 0 else { return false }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(made, $0, length) }
        }
        guard result == 0 else {
            close(made)
            return false
        }
        descriptor = made
        return true
    }
}
