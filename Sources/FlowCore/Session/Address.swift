package import FlowLayout

extension sluice_address {
    /// The IPv4-mapped form (RFC 4291, 2.5.5.2) of an address in host order.
    @inline(__always)
    package init(ipv4 value: UInt32) {
        self.init(high: 0, low: 0x0000_FFFF_0000_0000 | UInt64(value))
    }

    /// The IPv4 address of a mapped form, in host order.
    @inline(__always)
    package var ipv4: UInt32 { UInt32(truncatingIfNeeded: low) }

    @inline(__always)
    package func isEqual(_ other: sluice_address) -> Bool { high == other.high && low == other.low }
}
