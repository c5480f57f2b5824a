package import FlowLayout

/// Makes a ``FlowLayout/sluice_packet`` of bytes: only legal values get out of here (BAD-1).
///
/// A packet that is too short for what its headers say, or contradicts itself, is dropped as `malformed`. The input is a
/// whole link-layer frame, possibly a super-packet of generic segmentation.
package enum PacketParser {
    /// Parses the headers.
    ///
    /// - Returns: `parsed`, a drop, or `host` for what is not IP.
    @inline(__always)
    package static func parse<Bytes: PacketBytes>(
        _ bytes: Bytes, linkHeaderLength: UInt32, etherType: UInt16, into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        switch etherType {
        case 0x0800: IPv4Parser.parse(bytes, at: linkHeaderLength, into: packet)
        case 0x86DD: IPv6Parser.parse(bytes, at: linkHeaderLength, into: packet)
        default: .host
        }
    }
}

/// What both IP versions' parsers hand to ``TransportParser``.
package struct NetworkLayer {
    package var source: sluice_address
    package var destination: sluice_address
    package var transportOffset: UInt32
    /// Bytes from the transport header to the end of the packet.
    package var transportLength: UInt32
    package var `protocol`: UInt8
    package var family: UInt8

    @inline(__always)
    package init(
        source: sluice_address, destination: sluice_address, transportOffset: UInt32, transportLength: UInt32,
        protocol ipProtocol: UInt8, family: UInt8
    ) {
        self.source = source
        self.destination = destination
        self.transportOffset = transportOffset
        self.transportLength = transportLength
        self.protocol = ipProtocol
        self.family = family
    }
}
