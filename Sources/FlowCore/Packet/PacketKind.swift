/// What the datapath takes a packet for.
package enum PacketKind: UInt8, Sendable {
    /// Neither IPv4 nor IPv6: ARP and other link protocols, which the kernel never forwards.
    case notIP = 0
    case tcp = 1
    case udp = 2
    case echoRequest = 3
    case echoReply = 4
    /// An ICMP error that quotes a packet; the key is the quoted packet's.
    case icmpError = 5
    /// ICMP that is neither an echo nor an error: for the gateway itself, or dropped.
    case icmpOther = 6
    /// Another IP protocol.
    case other = 7
    /// A fragment that is not the first of its datagram.
    case laterFragment = 8
}

/// Bits of `sluice_packet.flags`.
package enum PacketFlags {
    /// The sender (ICMP error: the quoted packet's sender) is the key's lower end.
    package static let sourceIsLow: UInt8 = 1 << 0
    /// The first fragment of several.
    package static let firstFragment: UInt8 = 1 << 1
    /// Has IPv4 options, or IPv6 hop-by-hop options: handled by the kernel's own forwarding.
    package static let options: UInt8 = 1 << 2
    /// A message that a link needs: neighbour discovery (RFC 4861), multicast listener discovery (RFC 3810).
    package static let neighbourDiscovery: UInt8 = 1 << 3
    /// The last fragment.
    package static let lastFragment: UInt8 = 1 << 4
    /// Its session was already active in this tick: more packets like this one are likely.
    package static let followsClosely: UInt8 = 1 << 5
    /// A SYN whose sender signs its segments, with TCP-MD5 (RFC 2385) or TCP-AO (RFC 5925).
    package static let signed: UInt8 = 1 << 6
    /// Forwarded in a session whose time stamps are stored (``TimestampTracking``).
    package static let keepsTimestamps: UInt8 = 1 << 7
}

/// IP protocol numbers.
package enum IPProtocol {
    package static let icmp: UInt8 = 1
    package static let tcp: UInt8 = 6
    package static let udp: UInt8 = 17
    package static let esp: UInt8 = 50
    package static let ah: UInt8 = 51
    package static let icmpv6: UInt8 = 58
    package static let shim6: UInt8 = 140
}

/// TCP control bits (RFC 9293, 3.1).
package enum TCPFlags {
    package static let fin: UInt8 = 0x01
    package static let syn: UInt8 = 0x02
    package static let rst: UInt8 = 0x04
    package static let psh: UInt8 = 0x08
    package static let ack: UInt8 = 0x10
    package static let urg: UInt8 = 0x20
}
