package import FlowLayout

/// TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792), ICMPv6 (RFC 4443), and all other protocols.
package enum TransportParser {
    @inline(__always)
    package static func parse<Bytes: PacketBytes>(
        _ bytes: Bytes, _ network: NetworkLayer, into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        switch network.protocol {
        case IPProtocol.tcp:
            return parseTCP(bytes, network, into: packet)
        case IPProtocol.udp:
            return parseUDP(bytes, network, into: packet)
        case IPProtocol.icmp where network.family == 4, IPProtocol.icmpv6 where network.family == 6:
            return ICMPParser.parse(bytes, network, into: packet)
        case IPProtocol.icmp, IPProtocol.icmpv6:
            return .drop(.malformed)
        case IPProtocol.shim6 where network.family == 6:
            // An extension header (RFC 5533) that no kernel parses: what follows it can't be judged.
            return .drop(.unsupported)
        default:
            packet.pointee.kind = PacketKind.other.rawValue
            setKey(network, 0, 0, packet)
            return .parsed
        }
    }

    @inline(__always)
    private static func parseTCP<Bytes: PacketBytes>(
        _ bytes: Bytes, _ network: NetworkLayer, into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        var header = sluice_tcp_header()
        guard network.transportLength >= 20, bytes.load(&header, at: network.transportOffset, count: 20) else {
            return .drop(.malformed)
        }
        let headerLength = UInt32(header.dataOffset >> 4) &* 4
        guard headerLength >= 20, headerLength <= network.transportLength else { return .drop(.malformed) }
        packet.pointee.kind = PacketKind.tcp.rawValue
        packet.pointee.sequence = header.sequence.bigEndian
        packet.pointee.acknowledgment = header.acknowledgment.bigEndian
        packet.pointee.payloadLength = network.transportLength &- headerLength
        packet.pointee.tcpFlags = header.flags & 0x3F
        packet.pointee.tcpHeaderLength = UInt8(truncatingIfNeeded: headerLength)
        packet.pointee.window = header.window.bigEndian
        setKey(network, header.sourcePort.bigEndian, header.destinationPort.bigEndian, packet)
        setSegmentation(bytes, network, headerLength: headerLength, packet)
        if header.flags & TCPFlags.syn != 0 && headerLength > 20 {
            var options = sluice_tcp_option_values()
            options.windowScale = 0xFF
            bytes.readOptions(transportOffset: network.transportOffset, headerLength: headerLength, &options)
            packet.pointee.windowScale = options.windowScale
            if options.isSigned != 0 { packet.pointee.flags |= PacketFlags.signed }
        }
        return TCPFlagCheck.isLegal(header.flags) ? .parsed : .drop(.invalidFlags)
    }

    @inline(__always)
    private static func parseUDP<Bytes: PacketBytes>(
        _ bytes: Bytes, _ network: NetworkLayer, into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        var header = sluice_eight_bytes()
        guard network.transportLength >= 8, bytes.load(&header, at: network.transportOffset, count: 8) else {
            return .drop(.malformed)
        }
        let length = UInt32(header.half2.bigEndian)
        let isWhole = packet.pointee.flags & PacketFlags.firstFragment == 0 && bytes.segmentSize == 0
        guard length >= 8, !isWhole || length <= network.transportLength else { return .drop(.malformed) }
        packet.pointee.kind = PacketKind.udp.rawValue
        packet.pointee.payloadLength = network.transportLength &- 8
        // The first two bytes were read one by one: the source port.
        let sourcePort = UInt16(header.byte0) << 8 | UInt16(header.byte1)
        setKey(network, sourcePort, header.half1.bigEndian, packet)
        setSegmentation(bytes, network, headerLength: 8, packet)
        return .parsed
    }

    @inline(__always)
    package static func setKey(
        _ network: NetworkLayer, _ sourcePort: UInt16, _ destinationPort: UInt16,
        _ packet: UnsafeMutablePointer<sluice_packet>
    ) {
        let (key, sourceIsLow) = sluice_session_key.of(
            source: network.source, destination: network.destination, sourcePort: sourcePort,
            destinationPort: destinationPort, protocol: network.protocol, family: network.family)
        packet.pointee.key = key
        if sourceIsLow { packet.pointee.flags |= PacketFlags.sourceIsLow }
    }

    /// The key of an ICMP echo. The end that sends the requests is part of it.
    @inline(__always)
    package static func setEchoKey(
        _ network: NetworkLayer, _ identifier: UInt16, isRequest: Bool, _ packet: UnsafeMutablePointer<sluice_packet>
    ) {
        setKey(network, identifier, identifier, packet)
        let sourceIsLow = packet.pointee.flags & PacketFlags.sourceIsLow != 0
        packet.pointee.key.setEchoAsker(isLow: sourceIsLow == isRequest)
    }

    /// How many packets and bytes a super-packet is on the wire.
    @inline(__always)
    private static func setSegmentation<Bytes: PacketBytes>(
        _ bytes: Bytes, _ network: NetworkLayer, headerLength: UInt32, _ packet: UnsafeMutablePointer<sluice_packet>
    ) {
        let size = bytes.segmentSize
        guard size != 0, packet.pointee.payloadLength > size else { return }
        let headers = packet.pointee.length &- packet.pointee.payloadLength
        let count = (packet.pointee.payloadLength &+ size &- 1) / size
        packet.pointee.wirePackets = UInt16(truncatingIfNeeded: count)
        packet.pointee.segmentLength = headers &+ size
        packet.pointee.wireBytes = packet.pointee.length &+ (count &- 1) &* headers
    }
}

/// Valid combinations of control bits.
package enum TCPFlagCheck {
    /// SYN excludes FIN and RST, RST excludes FIN, and what is neither SYN nor RST carries ACK (RFC 9293, 3.1).
    @inline(__always)
    package static func isLegal(_ flags: UInt8) -> Bool {
        let syn = flags & TCPFlags.syn != 0
        let rst = flags & TCPFlags.rst != 0
        let fin = flags & TCPFlags.fin != 0
        let ack = flags & TCPFlags.ack != 0
        if syn { return !rst && !fin }
        if rst { return !fin }
        return ack
    }
}
