package import FlowLayout

/// A fragment that is not the first of its datagram. It only shows which datagram it belongs to (SESS-8).
package enum FragmentParser {
    @inline(__always)
    package static func parse(_ network: NetworkLayer, into packet: UnsafeMutablePointer<sluice_packet>) -> Verdict {
        let fragmentOffset = network.fragmentOffset
        // No datagram is that long. And a fragment that begins within the TCP header is an attack (RFC 1858, RFC 3128).
        guard fragmentOffset &+ network.transportLength <= 65535, network.transportLength > 0,
            fragmentOffset >= 16 || network.protocol != IPProtocol.tcp
        else { return .drop(.malformed) }
        let (key, sourceIsLow) = sluice_session_key.of(
            source: network.source, destination: network.destination, sourcePort: 0, destinationPort: 0,
            protocol: network.protocol, family: network.family)
        packet.pointee.key = key
        if sourceIsLow { packet.pointee.flags |= PacketFlags.sourceIsLow }
        if !network.moreFragments { packet.pointee.flags |= PacketFlags.lastFragment }
        packet.pointee.kind = PacketKind.laterFragment.rawValue
        packet.pointee.fragmentOffset = UInt16(truncatingIfNeeded: fragmentOffset)
        packet.pointee.payloadLength = network.transportLength
        return .parsed
    }
}
