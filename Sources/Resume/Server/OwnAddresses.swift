import NIOCore

/// Which targets are the server's own listening socket. A stream to it would be a stream within a stream, without an end.
package struct OwnAddresses: Sendable {
    private let port: UInt16
    /// Nil: all addresses of this machine.
    private let address: IPAddress?
    private let interfaces: Set<IPAddress>

    /// - Parameters:
    ///   - listener: Where the server listens.
    ///   - interfaces: The addresses of this machine.
    package init(listener: HostPort, interfaces: [IPAddress]) {
        port = listener.port
        let address = IPAddress(listener.host)
        self.address = address?.isUnspecified ?? true ? nil : address
        self.interfaces = Set(interfaces)
    }

    package func contains(_ other: IPAddress, port: UInt16) -> Bool {
        guard port == self.port else { return false }
        return address.map { $0 == other } ?? (other.isLoopback || other.isUnspecified || interfaces.contains(other))
    }

    /// The addresses of this machine, now.
    static func ofThisMachine() -> [IPAddress] {
        ((try? System.enumerateDevices()) ?? []).compactMap { $0.address.flatMap { IPAddress($0) } }
    }
}
