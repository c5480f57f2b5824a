package import FlowLayout

/// RFC 791.
package enum IPv4Parser {
    @inline(__always)
    package static func parse<Bytes: PacketBytes>(
        _ bytes: Bytes, at offset: UInt32, _ network: inout NetworkLayer,
        into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        var header = sluice_ipv4_header()
        guard bytes.load(&header, at: offset, count: 20) else { return .drop(.malformed) }
        let headerLength = UInt32(header.versionAndLength & 0xF) &* 4
        guard header.versionAndLength >> 4 == 4, headerLength >= 20 else { return .drop(.malformed) }
        var totalLength = UInt32(header.totalLength.bigEndian)
        let available = bytes.length &- offset
        if bytes.segmentSize != 0 && (totalLength == 0 || totalLength > available) { totalLength = available }
        guard totalLength >= headerLength, totalLength <= available else { return .drop(.malformed) }
        if headerLength == 20 {
            guard InternetChecksum.folded(InternetChecksum.sum(header)) == 0xFFFF else { return .drop(.malformed) }
        } else {
            // The kernel's own forwarding checks the sum over the options, and the options themselves.
            packet.pointee.flags |= PacketFlags.options
        }
        packet.pointee.timeToLive = header.timeToLive
        packet.pointee.length = totalLength
        packet.pointee.identification = UInt32(header.identification.bigEndian)
        let fragment = UInt32(header.fragment.bigEndian)
        network.source = sluice_address(ipv4: header.source.bigEndian)
        network.destination = sluice_address(ipv4: header.destination.bigEndian)
        network.transportOffset = offset &+ headerLength
        network.transportLength = totalLength &- headerLength
        network.protocol = header.protocol
        network.family = 4
        network.fragmentOffset = (fragment & 0x1FFF) &* 8
        network.moreFragments = fragment & 0x2000 != 0
        return .parsed
    }
}
