import Glibc

/// The link address of a network interface.
enum LinkAddress {
    /// Twelve digits in upper case, `000D3AF87856`; nil if there is no such interface, or it has no link address.
    ///
    /// The kernel is asked by netlink (getifaddrs), because /sys may show another network namespace.
    static func digits(_ interface: String) -> String? {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return nil }
        defer { freeifaddrs(first) }
        var next = first
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let name = entry.pointee.ifa_name, String(cString: name) == interface,
                let address = entry.pointee.ifa_addr, Int32(address.pointee.sa_family) == AF_PACKET
            else { continue }
            // struct sockaddr_ll (packet(7)): the length of the address at 11, the address from 12 on.
            let bytes = UnsafeRawBufferPointer(start: address, count: 20)
            guard bytes[11] == 6 else { return nil }
            return bytes[12..<18].map { byte in
                let digits = String(byte, radix: 16, uppercase: true)
                return digits.utf8.count == 1 ? "0" + digits : digits
            }.joined()
        }
        return nil
    }
}
