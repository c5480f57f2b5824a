package import FlowLayout

/// Parses bytes into a ``FlowLayout/sluice_packet`` that has only legal values (BAD-1).
///
/// A packet that is shorter than its headers say, or contradicts itself, is dropped as `malformed`. The input is a
/// whole link-layer frame, possibly a super-packet of generic segmentation.
package enum PacketParser {
    /// Parses the headers.
    ///
    /// - Returns: `parsed`, a drop, or `host` for what is not IP.
    @inline(__always)
    package static func parse<Bytes: PacketBytes>(
        _ bytes: Bytes, linkHeaderLength: UInt32, etherType: UInt16, into packet: UnsafeMutablePointer<sluice_packet>
    ) -> Verdict {
        var network = NetworkLayer()
        var verdict = Verdict.host
        switch etherType {
        case 0x0800: verdict = IPv4Parser.parse(bytes, at: linkHeaderLength, &network, into: packet)
        case 0x86DD: verdict = IPv6Parser.parse(bytes, at: linkHeaderLength, &network, into: packet)
        default: return .host
        }
        guard verdict.isAction(.parsed) else { return verdict }
        packet.pointee.networkOffset = UInt16(truncatingIfNeeded: linkHeaderLength)
        packet.pointee.transportOffset = UInt16(truncatingIfNeeded: network.transportOffset)
        packet.pointee.segmentLength = packet.pointee.length
        packet.pointee.wireBytes = packet.pointee.length
        packet.pointee.wirePackets = 1
        packet.pointee.windowScale = 0xFF
        if network.fragmentOffset != 0 { return FragmentParser.parse(network, into: packet) }
        if network.moreFragments { packet.pointee.flags |= PacketFlags.firstFragment }
        return TransportParser.parse(bytes, network, into: packet)
    }
}

/// What the parser of either IP version passes to ``TransportParser``.
package struct NetworkLayer {
    package var source = sluice_address()
    package var destination = sluice_address()
    package var transportOffset: UInt32 = 0
    /// Bytes from the transport header to the end of the packet.
    package var transportLength: UInt32 = 0
    package var fragmentOffset: UInt32 = 0
    package var `protocol`: UInt8 = 0
    package var family: UInt8 = 0
    package var moreFragments = false

    @inline(__always)
    package init() {}
}

/// The bytes of a packet: in the kernel's socket buffer, or in an array of a test.
package protocol PacketBytes {
    /// Bytes from the link header to the end, of the whole super-packet.
    var length: UInt32 { get }
    /// Generic segmentation: payload bytes per packet on the wire. 0: this is a single packet.
    var segmentSize: UInt32 { get }
    /// Copies bytes out of the packet. Returns false if they are outside of it; then the content of the destination is
    /// undefined.
    func load(_ destination: UnsafeMutableRawPointer, at offset: UInt32, count: UInt32) -> Bool
    /// Follows a chain of IPv6 extension headers: ``IPv6Extensions/walkExtensions(_:_:)`` on these bytes. In the kernel
    /// program this is a separate function, so the verifier checks its loop only once.
    func walkExtensions(_ walk: UnsafeMutablePointer<sluice_extension_walk>) -> Verdict
    /// Reads the options of the TCP header that begins at `transportOffset`:
    /// ``TCPOptions/readOptions(_:length:into:)``. `headerLength` is the length of the header with its options, 21 to
    /// 60 bytes. In the kernel program this is a separate function, too.
    func readOptions(
        transportOffset: UInt32, headerLength: UInt32, _ found: UnsafeMutablePointer<sluice_tcp_option_values>)
}
