package import FlowLayout

extension sluice_session_key {
    /// The direction-independent key of a packet: the end with the lower (address, port) comes first.
    ///
    /// - Returns: the key, and whether the source is its lower end.
    @inline(__always)
    package static func of(
        source: sluice_address, destination: sluice_address, sourcePort: UInt16, destinationPort: UInt16,
        protocol ipProtocol: UInt8, family: UInt8
    ) -> (key: sluice_session_key, sourceIsLow: Bool) {
        let sourceIsLow = isLower(source, sourcePort, than: destination, destinationPort)
        var key = sluice_session_key()
        if sourceIsLow {
            key.lowAddress = source
            key.highAddress = destination
            key.lowPort = sourcePort
            key.highPort = destinationPort
        } else {
            key.lowAddress = destination
            key.highAddress = source
            key.lowPort = destinationPort
            key.highPort = sourcePort
        }
        key.protocol = ipProtocol
        key.family = family
        return (key, sourceIsLow)
    }

    /// Records which end of an ICMP echo session sends the requests.
    @inline(__always)
    package mutating func setEchoAsker(isLow: Bool) { echoAsker = isLow ? 1 : 2 }

    @inline(__always)
    private static func isLower(
        _ address: sluice_address, _ port: UInt16, than other: sluice_address, _ otherPort: UInt16
    ) -> Bool {
        if address.high != other.high { return address.high < other.high }
        if address.low != other.low { return address.low < other.low }
        return port <= otherPort
    }

    @inline(__always)
    package func source(isLow: Bool) -> sluice_address { isLow ? lowAddress : highAddress }

    @inline(__always)
    package func destination(sourceIsLow: Bool) -> sluice_address { sourceIsLow ? highAddress : lowAddress }

    @inline(__always)
    package func sourcePort(isLow: Bool) -> UInt16 { isLow ? lowPort : highPort }

    @inline(__always)
    package func destinationPort(sourceIsLow: Bool) -> UInt16 { sourceIsLow ? highPort : lowPort }
}

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
