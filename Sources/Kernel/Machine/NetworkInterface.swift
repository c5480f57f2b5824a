internal import CLibBPF
package import FlowLayout
import Glibc

/// A network interface of the network namespace that the calling thread is in.
///
/// Queried from the kernel through a socket, never from /sys, which shows the namespace in which it was mounted.
package struct NetworkInterface: Equatable, Sendable {
    package let name: String
    package let index: Int
    /// Bytes of the largest packet, link header not included.
    package let mtu: Int
    /// Bytes before the IP header: 14 of Ethernet, 0 on devices that carry plain IP.
    package let linkHeaderLength: Int
    /// Whether it is administratively up (IFF_UP).
    package let isUp: Bool
    /// Whether it is one end of a veth pair whose other end is in another network namespace.
    package let leadsToOtherNamespace: Bool

    package init(
        name: String, index: Int, mtu: Int, linkHeaderLength: Int, isUp: Bool, leadsToOtherNamespace: Bool = false
    ) {
        self.name = name
        self.index = index
        self.mtu = mtu
        self.linkHeaderLength = linkHeaderLength
        self.isUp = isUp
        self.leadsToOtherNamespace = leadsToOtherNamespace
    }

    /// Throws ``KernelError/interfaceMissing(name:)`` or ``KernelError/interfaceUnsupported(name:hardwareType:)``.
    package static func find(_ name: String) throws(KernelError) -> NetworkInterface {
        let index = if_nametoindex(name)
        guard index != 0, name.utf8.count < Int(IFNAMSIZ) else { throw .interfaceMissing(name: name) }
        let socket = try interfaceSocket()
        let mtu = try query(SIOCGIFMTU, of: name, by: socket).ifr_ifru.ifru_mtu
        let flags = try query(SIOCGIFFLAGS, of: name, by: socket).ifr_ifru.ifru_flags
        let hardwareType = try query(SIOCGIFHWADDR, of: name, by: socket).ifr_ifru.ifru_hwaddr.sa_family
        guard let linkHeaderLength = linkHeaderLength(hardwareType: hardwareType) else {
            throw .interfaceUnsupported(name: name, hardwareType: Int(hardwareType))
        }
        return NetworkInterface(
            name: name, index: Int(index), mtu: Int(mtu), linkHeaderLength: linkHeaderLength,
            isUp: flags & Int16(IFF_UP) != 0,
            leadsToOtherNamespace: leadsToOtherNamespace(name, index: index, by: socket))
    }

    /// If an interface here has the peer's index, and its peer has this index, it is considered the other end.
    private static func leadsToOtherNamespace(_ name: String, index: UInt32, by socket: FileDescriptor) -> Bool {
        let peer = sluice_veth_peer(socket.number, name)
        guard peer != 0 else { return false }
        guard let nameHere = Self.name(index: Int(peer)) else { return true }
        return sluice_veth_peer(socket.number, nameHere) != index
    }

    /// The name of an interface; nil if there is none of this index.
    package static func name(index: Int) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IFNAMSIZ)) { buffer in
            guard let start = buffer.baseAddress, if_indextoname(UInt32(index), start) != nil else { return nil }
            return String(cString: start)
        }
    }

    /// Hardware types of linux/if_arp.h: Ethernet and loopback have a header; PPP, tunnels, raw IP and "none" (tun,
    /// WireGuard) have none.
    static func linkHeaderLength(hardwareType: UInt16) -> Int? {
        switch hardwareType {
        case 1, 772: 14
        case 512, 519, 768, 769, 776, 778, 823, 0xFFFE: 0
        default: nil
        }
    }

    private static func interfaceSocket() throws(KernelError) -> FileDescriptor {
        FileDescriptor(
            try SystemCall.check("opening a socket") {
                socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            })
    }

    private static func query(
        _ request: Int32, of name: String, by socket: FileDescriptor
    ) throws(KernelError) -> ifreq {
        var answer = ifreq()
        withUnsafeMutableBytes(of: &answer.ifr_ifrn) { $0.copyBytes(from: name.utf8.prefix($0.count - 1)) }
        guard ioctl(socket.number, UInt(request), &answer) == 0 else {
            if errno == ENODEV { throw .interfaceMissing(name: name) }
            throw .call(action: "querying interface \(name)", errorNumber: errno, remedy: nil)
        }
        return answer
    }
}

/// An address of the gateway itself.
package struct InterfaceAddress: Equatable, Sendable {
    package let interface: String
    package let family: Int
    /// IPv4 as ::ffff:a.b.c.d.
    package let high: UInt64
    package let low: UInt64
    package let prefixLength: Int

    package var address: sluice_address { sluice_address(high: high, low: low) }
}

extension NetworkInterface {
    /// All addresses of this network namespace.
    package static func ownAddresses() -> [InterfaceAddress] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var result: [InterfaceAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let address = entry.pointee.ifa_addr, let mask = entry.pointee.ifa_netmask,
                let (family, high, low) = number(of: address), let (_, maskHigh, maskLow) = number(of: mask)
            else { continue }
            let bits = (family == 4 ? maskLow & 0xFFFF_FFFF : maskLow).nonzeroBitCount + maskHigh.nonzeroBitCount
            result.append(
                InterfaceAddress(
                    interface: String(cString: entry.pointee.ifa_name), family: family, high: high, low: low,
                    prefixLength: bits))
        }
        return result
    }

    private static func number(of address: UnsafePointer<sockaddr>) -> (family: Int, high: UInt64, low: UInt64)? {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            let value = raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
            return (4, 0, 0xFFFF_0000_0000 | UInt64(UInt32(bigEndian: value)))
        case AF_INET6:
            let value = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return withUnsafeBytes(of: value) { bytes in
                (
                    6, UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
                )
            }
        default: return nil
        }
    }
}

/// How many frames interfaces have received, as the kernel counts them, whatever happened to them.
package enum ReceivedFrames {
    /// - Parameter interfaces: names, in the calling thread's network namespace. Missing interfaces count as 0.
    package static func total(_ interfaces: Set<String>) -> UInt64 {
        total(interfaces, in: TextFile.read("/proc/thread-self/net/dev") ?? "")
    }

    /// One line per interface: `name: bytes packets errs ...` (proc(5)).
    static func total(_ interfaces: Set<String>, in text: String) -> UInt64 {
        text.split(separator: "\n").reduce(0) { sum, line in
            guard let colon = line.lastIndex(of: ":") else { return sum }
            let name = line[..<colon].drop { $0 == " " }
            let fields = line[line.index(after: colon)...].split(separator: " ")
            guard interfaces.contains(String(name)), fields.count > 1, let packets = UInt64(fields[1]) else {
                return sum
            }
            return sum + packets
        }
    }
}
