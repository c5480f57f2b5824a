package import FlowLayout

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Addresses as people write them: dotted decimal for IPv4, RFC 5952 for IPv6.
package enum AddressText {
    /// Writes an address of the shared memory; `family` is 4 or 6.
    package static func write(_ address: sluice_address, family: UInt8) -> String {
        family == 4 ? writeIPv4(UInt32(truncatingIfNeeded: address.low)) : writeIPv6(address)
    }

    /// Reads an address; nil where the text is neither an IPv4 nor an IPv6 address.
    package static func read(_ text: String) -> (address: sluice_address, family: UInt8)? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            let value = bytes[0..<4].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return (sluice_address(high: 0, low: 0xFFFF_0000_0000 | value), 4)
        }
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        let high = bytes[0..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = bytes[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (sluice_address(high: high, low: low), 6)
    }

    private static func writeIPv4(_ value: UInt32) -> String {
        "\(value >> 24).\(value >> 16 & 0xFF).\(value >> 8 & 0xFF).\(value & 0xFF)"
    }

    private static func writeIPv6(_ address: sluice_address) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { bytes in
            for index in 0..<8 {
                let shift = UInt64(56 - 8 * index)
                bytes[index] = UInt8(truncatingIfNeeded: address.high >> shift)
                bytes[index + 8] = UInt8(truncatingIfNeeded: address.low >> shift)
            }
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
                guard let base = text.baseAddress, inet_ntop(AF_INET6, bytes.baseAddress, base, 64) != nil else { return "?" }
                return String(cString: base)
            }
        }
    }
}
