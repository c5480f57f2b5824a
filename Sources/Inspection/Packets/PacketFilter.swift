package import Capture
package import FlowCore
package import FlowLayout
package import Policy

/// Selects packets. A nil field matches everything; all other fields must match.
package struct PacketFilter: Sendable, Equatable {
    /// Matched with the packet's own source and destination.
    package var source: AddressPrefix?
    package var destination: AddressPrefix?
    /// A port of either end. For an ICMP error, also a port of the quoted packet.
    package var port: UInt16?
    /// An IANA protocol number.
    package var ipProtocol: UInt8?
    /// Number of the ingress zone.
    package var zone: UInt8?
    /// Drop reasons to match; empty: all.
    package var reasons: [DropReason]

    package init(
        source: AddressPrefix? = nil, destination: AddressPrefix? = nil, port: UInt16? = nil, ipProtocol: UInt8? = nil,
        zone: UInt8? = nil, reasons: [DropReason] = []
    ) {
        self.source = source
        self.destination = destination
        self.port = port
        self.ipProtocol = ipProtocol
        self.zone = zone
        self.reasons = reasons
    }

    /// The filter for the kernel program. It records all that passes ``matches(_:_:)``, and hardly more, so that a
    /// flood of other packets does not use up the budget.
    package func wanted(recordsPerTick: UInt32) -> sluice_watch {
        var wanted = sluice_watch()
        wanted.reasons = reasons.isEmpty ? .max : reasons.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
        wanted.recordsPerTick = recordsPerTick
        wanted.port = port ?? 0
        wanted.protocol = ipProtocol ?? 0
        wanted.zone = zone ?? 0
        if let source { wanted.ranges.0 = Self.range(source) }
        if let destination { wanted.ranges.1 = Self.range(destination) }
        return wanted
    }

    package func matches(_ watched: borrowing sluice_watched_packet, _ headers: PacketHeaders) -> Bool {
        if let zone, watched.sourceZone != zone { return false }
        if let ipProtocol, headers.ipProtocol != ipProtocol { return false }
        if let source, !Self.lies(headers.source, in: source) { return false }
        if let destination, !Self.lies(headers.destination, in: destination) { return false }
        if let port {
            let all = [headers] + headers.quoted
            guard all.contains(where: { $0.sourcePort == port || $0.destinationPort == port }) else { return false }
        }
        guard !reasons.isEmpty else { return true }
        let verdict = Verdict(rawValue: UInt32(watched.action) | UInt32(watched.reason) << 8)
        return verdict.reason.map(reasons.contains) ?? false
    }

    private static func lies(_ address: PacketHeaders.Address?, in prefix: AddressPrefix) -> Bool {
        guard let address = address.flatMap(NetworkAddress.init), address.family == prefix.family else { return false }
        return prefix.contains(address)
    }

    private static func range(_ prefix: AddressPrefix) -> sluice_address_range {
        // In the shared layout an IPv4 address is the last 32 of 128 bits, after ::ffff.
        let length = prefix.length + (prefix.family == .ipv4 ? 96 : 0)
        let mask = length == 0 ? 0 : UInt128.max << UInt128(128 - length)
        return sluice_address_range(
            address: prefix.first.layout,
            mask: sluice_address(high: UInt64(truncatingIfNeeded: mask >> 64), low: UInt64(truncatingIfNeeded: mask)))
    }
}

extension NetworkAddress {
    init?(_ address: PacketHeaders.Address) {
        let value = address.bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        switch address.bytes.count {
        case 4: self.init(family: .ipv4, value: value)
        case 16: self.init(family: .ipv6, value: value)
        default: return nil
        }
    }
}
