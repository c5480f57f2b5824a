package import Policy
package import SocketLayout

/// An end of a TCP connection.
package struct SocketEnd: Hashable, Sendable, CustomStringConvertible {
    package var address: NetworkAddress
    package var port: UInt16

    package init(_ address: NetworkAddress, _ port: UInt16) {
        self.address = address
        self.port = port
    }

    package var description: String {
        address.family == .ipv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}

/// One TCP socket of this host.
package struct TCPSocket: Hashable, Sendable {
    /// The kernel's number, unique until the next boot; 0: it has none.
    package var cookie: UInt64
    /// The inode by which /proc/PID/fd refers to it; 0: no process has it open.
    package var inode: UInt64
    /// The inode of its cgroup2 directory; 0: unknown.
    package var cgroup: UInt64
    /// The inode of its network namespace.
    package var network: UInt32
    package var user: UInt32
    package var local: SocketEnd
    package var remote: SocketEnd
    package var state: TCPState
    package var keepAlive: KeepAliveView
    /// Seconds since data was sent, data was received, or an acknowledgement was received, whichever is the latest; nil:
    /// unknown.
    package var idleSeconds: Double?

    package init(
        cookie: UInt64, inode: UInt64, cgroup: UInt64, network: UInt32, user: UInt32, local: SocketEnd,
        remote: SocketEnd, state: TCPState, keepAlive: KeepAliveView, idleSeconds: Double?
    ) {
        self.cookie = cookie
        self.inode = inode
        self.cgroup = cgroup
        self.network = network
        self.user = user
        self.local = local
        self.remote = remote
        self.state = state
        self.keepAlive = keepAlive
        self.idleSeconds = idleSeconds
    }

    /// From a record of the socket program; nil: a state that this version does not know.
    package init?(_ record: sluice_socket) {
        guard let state = TCPState(rawValue: record.state) else { return nil }
        let latest = min(record.sinceSent, record.sinceReceived, record.sinceAcknowledged)
        self.init(
            cookie: record.cookie, inode: record.inode, cgroup: record.cgroup, network: record.network,
            user: record.user,
            local: SocketEnd(
                withUnsafeBytes(of: record.localAddress) { NetworkAddress(socketBytes: $0) }, record.localPort),
            remote: SocketEnd(
                withUnsafeBytes(of: record.remoteAddress) { NetworkAddress(socketBytes: $0) }, record.remotePort),
            state: state, keepAlive: record.isWhole != 0 ? .exact(SocketKeepAlive(record.keepAlive)) : .none,
            idleSeconds: latest == UInt32.max ? nil : Double(latest) / 1000)
    }
}

extension NetworkAddress {
    /// From 16 bytes in network order. IPv4 in IPv6 form (RFC 4291, 2.5.5.2) becomes IPv4.
    init(socketBytes bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == 16, "\(bytes.count) bytes of an address")
        let high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        let low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        if high == 0, low >> 32 == 0xFFFF {
            self.init(family: .ipv4, value: UInt128(low & 0xFFFF_FFFF))
        } else {
            self.init(family: .ipv6, value: UInt128(high) << 64 | UInt128(low))
        }
    }

    /// 127.0.0.0/8 or ::1.
    var isLoopback: Bool { family == .ipv4 ? value >> 24 == 127 : value == 1 }
}
