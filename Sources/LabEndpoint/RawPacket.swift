/// A handmade IP packet that no well-behaved host would send: forged, out of place, or fragmented.
struct RawPacket {
    private(set) var bytes: [UInt8] = []

    private init() {}

    /// The TCP flags by name, as in `syn,ack`; nil if one is unknown.
    static func tcpFlags(_ text: String) -> UInt8? {
        let known: [String: UInt8] = ["fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16]
        return text.split(separator: ",").reduce(0) { (flags: UInt8?, name) in
            guard let flags, let flag = known[String(name)] else { return nil }
            return flags | flag
        }
    }

    /// A TCP segment with a valid checksum (RFC 9293, 3.1). `source` and `destination` are addresses with ports.
    static func tcp(
        from source: SocketAddress, to destination: SocketAddress, sequence: UInt32, acknowledgment: UInt32,
        flags: UInt8, data: [UInt8] = []
    ) -> RawPacket {
        var segment = source.port.octets + destination.port.octets + sequence.octets + acknowledgment.octets
        segment += [0x50, flags] + UInt16(0xFFFF).octets + [0, 0, 0, 0] + data
        let sum = checksum(
            source.octets + destination.octets + UInt32(segment.count).octets + [0, 0, 0, 6] + segment)
        segment.replaceSubrange(16..<18, with: sum.octets)
        var packet = RawPacket()
        packet.bytes = header(from: source, to: destination, nextProtocol: 6, length: segment.count) + segment
        return packet
    }

    /// A fragment of a datagram: a middle one, or the last one (RFC 791, 3.2; RFC 8200, 4.5). `offset` is in bytes, a
    /// multiple of 8.
    static func fragment(
        from source: SocketAddress, to destination: SocketAddress, nextProtocol: UInt8, identification: UInt16,
        offset: UInt16, isLast: Bool, data: [UInt8]
    ) -> RawPacket {
        var packet = RawPacket()
        if source.isIPv4 {
            packet.bytes = header(from: source, to: destination, nextProtocol: nextProtocol, length: data.count) + data
            packet.bytes.replaceSubrange(4..<6, with: identification.octets)
            packet.bytes.replaceSubrange(6..<8, with: (offset >> 3 | (isLast ? 0 : 0x2000)).octets)
        } else {
            packet.bytes = header(from: source, to: destination, nextProtocol: 44, length: data.count + 8)
            packet.bytes +=
                [nextProtocol, 0] + (offset | (isLast ? 0 : 1)).octets + UInt32(identification).octets + data
        }
        return packet
    }

    /// The kernel fills in IPv4's header checksum.
    private static func header(
        from source: SocketAddress, to destination: SocketAddress, nextProtocol: UInt8, length: Int
    ) -> [UInt8] {
        if source.isIPv4 {
            return [0x45, 0] + UInt16(20 + length).octets + [0, 1, 0x40, 0, 64, nextProtocol, 0, 0] + source.octets
                + destination.octets
        }
        return [0x60, 0, 0, 0] + UInt16(length).octets + [nextProtocol, 64] + source.octets + destination.octets
    }

    /// RFC 1071.
    private static func checksum(_ bytes: [UInt8]) -> UInt16 {
        var sum: UInt32 = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += UInt32(bytes[index]) << 8 | (index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0)
        }
        while sum > 0xFFFF { sum = (sum & 0xFFFF) + sum >> 16 }
        return ~UInt16(sum)
    }
}

extension FixedWidthInteger {
    /// In network order.
    var octets: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
