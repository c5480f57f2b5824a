package import FlowLayout

/// ICMP (RFC 792) and ICMPv6 (RFC 4443, RFC 4861): echo, errors that quote a packet, and messages for hosts only.
package enum ICMPParser {
    @inline(__always)
    package static func parse<Bytes: PacketBytes>(
        _ bytes: Bytes, _ network: NetworkLayer, into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        var header = sluice_eight_bytes()
        guard network.transportLength >= 8, bytes.load(&header, at: network.transportOffset, count: 8) else {
            return .drop(.malformed)
        }
        let type = header.byte0
        packet.pointee.icmpType = type
        packet.pointee.payloadLength = network.transportLength &- 8
        let kind = kind(of: type, family: network.family)
        packet.pointee.kind = kind.rawValue
        switch kind {
        case .echoRequest, .echoReply:
            TransportParser.setEchoKey(network, header.half2.bigEndian, isRequest: kind == .echoRequest, packet)
            return .parsed
        case .icmpError:
            // An error is never fragmented: it quotes less than a packet.
            guard packet.pointee.flags & PacketFlags.firstFragment == 0 else { return .drop(.malformed) }
            return QuotedPacket.parse(bytes, network, into: packet)
        default:
            if network.family == 6 && ((type >= 133 && type <= 137) || isListenerDiscovery(type, network, packet)) {
                packet.pointee.flags |= PacketFlags.neighbourDiscovery
            }
            TransportParser.setKey(network, 0, 0, packet)
            return .parsed
        }
    }

    /// Multicast listener discovery (RFC 2710, 3; RFC 3810, 5): queries, reports and done messages, on the link only. A
    /// snooping switch that sees none of them stops forwarding neighbour discovery.
    @inline(__always)
    private static func isListenerDiscovery(
        _ type: UInt8, _ network: NetworkLayer, _ packet: UnsafePointer<sluice_packet>
    ) -> Bool {
        ((type >= 130 && type <= 132) || type == 143) && packet.pointee.timeToLive == 1
            && network.source.high >> 54 == 0xFE80 >> 6
    }

    @inline(__always)
    fileprivate static func kind(of type: UInt8, family: UInt8) -> PacketKind {
        if family == 4 {
            switch type {
            case 8: .echoRequest
            case 0: .echoReply
            case 3, 11, 12: .icmpError
            default: .icmpOther
            }
        } else {
            switch type {
            case 128: .echoRequest
            case 129: .echoReply
            case 1, 2, 3, 4: .icmpError
            default: .icmpOther
            }
        }
    }
}

/// The packet that an ICMP error quotes. It shows whose session the error belongs to (SESS-7).
///
/// It is quoted as it was when it was dropped, and may be truncated. At least eight bytes after its last header are
/// there (RFC 792; RFC 4443, 2.4).
package enum QuotedPacket {
    @inline(__always)
    package static func parse<Bytes: PacketBytes>(
        _ bytes: Bytes, _ outer: NetworkLayer, into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        var quoted = NetworkLayer()
        quoted.family = outer.family
        quoted.transportOffset = outer.transportOffset &+ 8
        quoted.transportLength = outer.transportLength &- 8
        let verdict =
            outer.family == 4
            ? parseIPv4(bytes, &quoted, into: packet) : parseIPv6(bytes, &quoted, into: packet)
        guard verdict.isAction(.parsed) else { return verdict }
        // An error goes to the sender of the quoted packet.
        guard quoted.source.isEqual(outer.destination) else { return .drop(.malformed) }
        packet.pointee.fragmentOffset = UInt16(truncatingIfNeeded: quoted.fragmentOffset)
        if quoted.fragmentOffset != 0 {
            // A later fragment has no ports. Its session is that of its first fragment.
            TransportParser.setKey(quoted, 0, 0, packet)
            return .parsed
        }
        var transport = sluice_eight_bytes()
        guard quoted.transportLength >= 8, bytes.load(&transport, at: quoted.transportOffset, count: 8) else {
            return .drop(.malformed)
        }
        let firstHalf = UInt16(transport.byte0) << 8 | UInt16(transport.byte1)
        switch quoted.protocol {
        case IPProtocol.tcp:
            packet.pointee.sequence = UInt32(transport.half2.bigEndian) << 16 | UInt32(transport.half3.bigEndian)
            TransportParser.setKey(quoted, firstHalf, transport.half1.bigEndian, packet)
        case IPProtocol.udp:
            TransportParser.setKey(quoted, firstHalf, transport.half1.bigEndian, packet)
        case IPProtocol.icmp where quoted.family == 4, IPProtocol.icmpv6 where quoted.family == 6:
            let kind = ICMPParser.kind(of: transport.byte0, family: quoted.family)
            guard kind == .echoRequest || kind == .echoReply else {
                // Other ICMP messages have no session.
                TransportParser.setKey(quoted, 0, 0, packet)
                return .parsed
            }
            TransportParser.setEchoKey(
                quoted, transport.half2.bigEndian, isRequest: kind == .echoRequest, packet)
        default:
            TransportParser.setKey(quoted, 0, 0, packet)
        }
        return .parsed
    }

    @inline(__always)
    private static func parseIPv4<Bytes: PacketBytes>(
        _ bytes: Bytes, _ quoted: inout NetworkLayer, into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        var header = sluice_ipv4_header()
        guard quoted.transportLength >= 20, bytes.load(&header, at: quoted.transportOffset, count: 20) else {
            return .drop(.malformed)
        }
        let headerLength = UInt32(header.versionAndLength & 0xF) &* 4
        guard header.versionAndLength >> 4 == 4, headerLength >= 20, headerLength <= quoted.transportLength else {
            return .drop(.malformed)
        }
        quoted.source = sluice_address(ipv4: header.source.bigEndian)
        quoted.destination = sluice_address(ipv4: header.destination.bigEndian)
        quoted.protocol = header.protocol
        quoted.fragmentOffset = UInt32(header.fragment.bigEndian & 0x1FFF) &* 8
        quoted.transportOffset &+= headerLength
        quoted.transportLength &-= headerLength
        packet.pointee.identification = UInt32(header.identification.bigEndian)
        return .parsed
    }

    @inline(__always)
    private static func parseIPv6<Bytes: PacketBytes>(
        _ bytes: Bytes, _ quoted: inout NetworkLayer, into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        var header = sluice_ipv6_header()
        guard quoted.transportLength >= 40, bytes.load(&header, at: quoted.transportOffset, count: 40) else {
            return .drop(.malformed)
        }
        guard header.versionClassFlow.bigEndian >> 28 == 6 else { return .drop(.malformed) }
        quoted.source = sluice_address(high: header.sourceHigh.bigEndian, low: header.sourceLow.bigEndian)
        quoted.destination = sluice_address(
            high: header.destinationHigh.bigEndian, low: header.destinationLow.bigEndian)
        quoted.protocol = header.nextHeader
        quoted.transportOffset &+= 40
        quoted.transportLength &-= 40
        guard IPv6Extensions.isOne(header.nextHeader) else { return .parsed }
        var walk = sluice_extension_walk()
        walk.offset = quoted.transportOffset
        walk.length = quoted.transportLength
        walk.protocol = header.nextHeader
        let verdict = bytes.walkExtensions(&walk)
        guard verdict.isAction(.parsed) else { return verdict }
        packet.pointee.identification = walk.identification
        quoted.fragmentOffset = UInt32(walk.fragmentOffset)
        quoted.protocol = walk.protocol
        quoted.transportOffset = walk.offset
        quoted.transportLength = walk.length
        return .parsed
    }
}
