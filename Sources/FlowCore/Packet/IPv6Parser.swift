package import FlowLayout

/// RFC 8200.
package enum IPv6Parser {
    @inline(__always)
    package static func parse<Bytes: PacketBytes>(
        _ bytes: Bytes, at offset: UInt32, _ network: inout NetworkLayer,
        into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        var header = sluice_ipv6_header()
        guard bytes.load(&header, at: offset, count: 40) else { return .drop(.malformed) }
        guard header.versionClassFlow.bigEndian >> 28 == 6 else { return .drop(.malformed) }
        let available = bytes.length &- offset
        var totalLength = UInt32(header.payloadLength.bigEndian) &+ 40
        if bytes.segmentSize != 0 && (totalLength == 40 || totalLength > available) { totalLength = available }
        guard totalLength <= available else { return .drop(.malformed) }
        packet.pointee.timeToLive = header.hopLimit
        packet.pointee.length = totalLength
        network.source = sluice_address(high: header.sourceHigh.bigEndian, low: header.sourceLow.bigEndian)
        network.destination = sluice_address(
            high: header.destinationHigh.bigEndian, low: header.destinationLow.bigEndian)
        network.transportOffset = offset &+ 40
        network.transportLength = totalLength &- 40
        network.protocol = header.nextHeader
        network.family = 6
        if header.nextHeader == IPProtocol.tcp || header.nextHeader == IPProtocol.udp
            || header.nextHeader == IPProtocol.icmpv6
        {
            return .parsed
        }
        guard IPv6Extensions.isOne(header.nextHeader) else { return .parsed }
        var walk = sluice_extension_walk()
        walk.offset = network.transportOffset
        walk.length = network.transportLength
        walk.protocol = header.nextHeader
        let verdict = bytes.walkExtensions(&walk)
        guard verdict.isAction(.parsed) else { return verdict }
        if walk.flags & ExtensionFlags.hopByHop != 0 { packet.pointee.flags |= PacketFlags.options }
        packet.pointee.identification = walk.identification
        packet.pointee.fragmentedHeaders = walk.fragmentedHeaders
        network.transportOffset = walk.offset
        network.transportLength = walk.length
        network.protocol = walk.protocol
        network.fragmentOffset = UInt32(walk.fragmentOffset)
        network.moreFragments = walk.flags & ExtensionFlags.moreFragments != 0
        return .parsed
    }
}
