package import FlowLayout

/// Tells first fragments, later fragments and whole packets apart (SESS-8).
package enum FragmentParser {
    @inline(__always)
    package static func parse<Bytes: PacketBytes>(
        _ bytes: Bytes, _ network: NetworkLayer, fragmentOffset: UInt32, moreFragments: Bool,
        into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        guard fragmentOffset != 0 else {
            if moreFragments { packet.pointee.flags |= PacketFlags.firstFragment }
            return TransportParser.parse(bytes, network, into: packet)
        }
        // No datagram is that long; and one that begins within the TCP header is an attack (RFC 1858, RFC 3128).
        guard fragmentOffset &+ network.transportLength <= 65535, network.transportLength > 0,
            fragmentOffset >= 16 || network.protocol != IPProtocol.tcp
        else { return .drop(.malformed) }
        let (key, sourceIsLow) = sluice_session_key.of(
            source: network.source, destination: network.destination, sourcePort: 0, destinationPort: 0,
            protocol: network.protocol, family: network.family)
        packet.pointee.key = key
        if sourceIsLow { packet.pointee.flags |= PacketFlags.sourceIsLow }
        if !moreFragments { packet.pointee.flags |= PacketFlags.lastFragment }
        packet.pointee.kind = PacketKind.laterFragment.rawValue
        packet.pointee.fragmentOffset = UInt16(truncatingIfNeeded: fragmentOffset)
        packet.pointee.transportOffset = UInt16(truncatingIfNeeded: network.transportOffset)
        packet.pointee.payloadLength = network.transportLength
        packet.pointee.segmentLength = packet.pointee.length
        packet.pointee.wireBytes = packet.pointee.length
        packet.pointee.wirePackets = 1
        return .parsed
    }
}
