import Glibc
internal import Policy

/// The socket that the HTTP API listens on. The controller makes it, because it has the privileges, and passes it to the process that
/// serves.
final class APIListener {
    let descriptor: Int32
    let settings: APISettings

    /// Connections that may wait to be accepted.
    private static let backlog: Int32 = 128

    /// - Throws: the place in the file, and what to write instead.
    init(_ settings: APISettings) throws(GatewayError) {
        self.settings = settings
        let family = settings.address.family == .ipv4 ? AF_INET : AF_INET6
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw Self.error(settings, errno) }
        var one: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // Connections of an earlier listener may still be in TIME-WAIT.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, size)
        if family == AF_INET6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, size) }
        guard Self.bind(descriptor, settings) == 0, listen(descriptor, Self.backlog) == 0 else {
            let errorNumber = errno
            close(descriptor)
            throw Self.error(settings, errorNumber)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func bind(_ descriptor: Int32, _ settings: APISettings) -> Int32 {
        switch settings.address.family {
        case .ipv4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = settings.port.bigEndian
            address.sin_addr.s_addr = UInt32(truncatingIfNeeded: settings.address.value).bigEndian
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        case .ipv6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = settings.port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                for index in 0..<16 {
                    bytes[index] = UInt8(truncatingIfNeeded: settings.address.value >> UInt128(120 - 8 * index))
                }
            }
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
                }
            }
        }
    }

    private static func error(_ settings: APISettings, _ errorNumber: Int32) -> GatewayError {
        let remedy =
            switch errorNumber {
            case EADDRINUSE:
                "another program listens there (see 'ss -ltnp sport = :\(settings.port)'): end it, or use another port"
            case EADDRNOTAVAIL:
                "this machine has no such address here ('ip address' lists those that it has): write one of them, or 127.0.0.1"
            case EACCES: "write a port from 1024 on"
            default: String(cString: strerror(errorNumber))
            }
        return GatewayError(
            "\(settings.listenPlace.text): api.listen: can't listen on \(settings.listen): \(remedy)")
    }
}
