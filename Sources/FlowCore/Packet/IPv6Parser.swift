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
        return parseExtensions(bytes, &network, into: packet)
    }

    /// The most extension headers in one packet; more is malformed.
    private static var maximumExtensions: UInt32 { 8 }

    @inline(__always)
    private static func parseExtensions<Bytes: PacketBytes>(
        _ bytes: Bytes, _ network: inout NetworkLayer, into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        var isFirst = true
        var remaining = maximumExtensions
        while remaining > 0 {
            remaining &-= 1
            let next = network.protocol
            guard next == 0 || next == 43 || next == 44 || next == 60 else { break }
            // Hop-by-hop options may only come first (RFC 8200, 4.1).
            guard next != 0 || isFirst else { return .drop(.malformed) }
            isFirst = false
            var header = sluice_eight_bytes()
            guard network.transportLength >= 8, bytes.load(&header, at: network.transportOffset, count: 8) else {
                return .drop(.malformed)
            }
            var length = UInt32(header.byte1) &* 8 &+ 8
            switch next {
            case 0:
                packet.pointee.flags |= PacketFlags.options
            case 43:
                // Source routing is not for firewalls: byte 2 is the type, byte 3 the segments left (RFC 5095).
                guard header.half1.bigEndian & 0xFF == 0 else { return .drop(.unsupported) }
            case 44:
                let field = UInt32(header.half1.bigEndian)
                network.fragmentOffset = field & 0xFFF8
                network.moreFragments = field & 1 != 0
                packet.pointee.identification =
                    UInt32(header.half2.bigEndian) << 16 | UInt32(header.half3.bigEndian)
                length = 8
            default:
                break
            }
            guard length <= network.transportLength else { return .drop(.malformed) }
            network.protocol = header.byte0
            network.transportOffset &+= length
            network.transportLength &-= length
            // What follows the fragment header of a later fragment is payload.
            if next == 44 && network.fragmentOffset != 0 { break }
        }
        return .parsed
    }
}
