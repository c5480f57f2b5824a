import Glibc

/// Reports the service's state to systemd (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET names. No socket, no message.
enum ServiceNotification {
    /// The longest time that a message waits for a manager that does not read.
    private static let patienceMilliseconds: Int32 = 500

    /// - Parameter waits: whether to wait, for a limited time, for a manager that does not read. A loop does not wait.
    /// - Returns: false if there is a socket and it did not accept the message.
    @discardableResult
    static func send(_ state: String, waits: Bool = true) -> Bool {
        guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }), path.utf8.count > 1 else {
            return true
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        // A name in the abstract name space begins with a zero byte, written as @.
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let message = Array(state.utf8)
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                // Only a connected socket becomes writable when the other one has room.
                guard connect(descriptor, address, length) == 0 else { return false }
                if Glibc.send(descriptor, message, message.count, flags) >= 0 { return true }
                guard errno == EAGAIN, waits else { return false }
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&wanted, 1, patienceMilliseconds) > 0 else { return false }
                return Glibc.send(descriptor, message, message.count, flags) >= 0
            }
        }
    }
}
