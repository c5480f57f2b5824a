import Glibc
import NIOCore
import NIOPosix

/// Resolves names in threads, because the C library's function waits.
struct TargetResolver: Sendable {
    /// Names that are resolved at the same time.
    private static let threads = 8

    private let pool: NIOThreadPool

    init() {
        pool = NIOThreadPool(numberOfThreads: TargetResolver.threads)
        pool.start()
    }

    /// - Returns: The addresses in the order in which they should be tried (RFC 6724), at least one.
    func addresses(of target: HostPort, on eventLoop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
        pool.runIfActive(eventLoop: eventLoop) { try TargetResolver.resolve(target) }
    }

    private static func resolve(_ target: HostPort) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(target.host, String(target.port), &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0 else {
            throw ResumeProblem("'\(target.host)' can't be resolved: \(String(cString: gai_strerror(status)))")
        }
        var addresses: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr {
                switch entry.pointee.ai_family {
                case AF_INET:
                    address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { addresses.append(.init($0.pointee)) }
                case AF_INET6:
                    address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                        addresses.append(.init($0.pointee))
                    }
                default: break
                }
            }
            next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw ResumeProblem("'\(target.host)' has no address") }
        return addresses
    }
}
