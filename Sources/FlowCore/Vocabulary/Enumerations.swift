internal import FlowLayout

/// What happens to a session when its idle timeout has passed (IDLE-2, IDLE-3, IDLE-5).
package enum OnIdle: UInt8, Sendable, CaseIterable {
    /// Both ends receive an RST that their TCP accepts.
    case reset = 0
    /// Nothing is sent.
    case silent = 1
    /// Both ends are asked with a keep-alive segment first (dead connection detection).
    case probe = 2
}

/// Whether a session has an end outside the internal prefixes.
package enum TrafficClass: UInt8, Sendable, CaseIterable {
    case northSouth = 0
    case eastWest = 1
}

/// Which way a session was opened. Inbound: by an external end towards an internal one; all else is outbound.
package enum SessionDirection: UInt8, Sendable, CaseIterable {
    case outbound = 0
    case inbound = 1
}

/// What a record of the event ring tells.
package enum EventKind: UInt8, Sendable, CaseIterable {
    case begin = 1
    /// A new session was refused: `reason` is a ``DropReason``.
    case deny = 2
}

/// Protocols as tables of sessions tell them apart.
package enum ProtocolGroup: UInt8, Sendable, CaseIterable {
    case tcp = 0
    case udp = 1
    /// Both versions.
    case icmp = 2
    case other = 3

    @inline(__always)
    package static func of(ipProtocol: UInt8) -> UInt64 {
        switch ipProtocol {
        case IPProtocol.tcp: 0
        case IPProtocol.udp: 1
        case IPProtocol.icmp, IPProtocol.icmpv6: 2
        case _: 3
        }
    }
}

/// What sessions are counted by: ``TrafficClass`` above ``ProtocolGroup``, 3 bits.
package struct SessionKind: Equatable, Hashable, Sendable {
    package static let count = Int(SLUICE_SESSION_KINDS)

    package let index: UInt8

    package init(_ trafficClass: TrafficClass, _ group: ProtocolGroup) {
        index = trafficClass.rawValue << 2 | group.rawValue
    }

    /// The kind that a treatment's index tells (``TreatmentIndex``).
    package init(treatment: UInt16) { index = UInt8(treatment & UInt16(Self.count - 1)) }

    package var trafficClass: TrafficClass { index >> 2 == 0 ? .northSouth : .eastWest }
    package var protocolGroup: ProtocolGroup { ProtocolGroup(rawValue: index & 3) ?? .other }

    package static var allCases: [SessionKind] { (0..<UInt16(count)).map { SessionKind(treatment: $0) } }
}

/// Indices of treatments: the low 3 bits are the session's ``SessionKind``, so that a control word alone tells it. The others are a group,
/// in which a session has the entry of its kind: group 0 is that of the classes, the others belong to rules.
package enum TreatmentIndex {
    package static let groupSize = UInt16(SLUICE_SESSION_KINDS)
    /// In a rule: the class decides.
    package static let byClass: UInt16 = 0
    /// The first group that a rule may have.
    package static let firstCustom = groupSize

    /// TCP.
    package static let northSouth: UInt16 = 0
    package static let eastWest: UInt16 = 4
    /// North-south; east-west is 4 more, and treated alike.
    package static let udp: UInt16 = 1
    package static let icmp: UInt16 = 2
    package static let otherProtocol: UInt16 = 3

    /// Whether it is that of the session's class, and not a rule's own.
    package static func isByClass(_ index: UInt16) -> Bool { index < groupSize }
}

/// Bits of `sluice_session.flags` and `sluice_event.flags`.
package enum SessionFlags {
    /// The originator is the key's lower end.
    package static let originatorIsLow: UInt8 = 1 << 0
    /// ``TrafficClass/eastWest``.
    package static let eastWest: UInt8 = 1 << 1
    /// ``SessionDirection/inbound``.
    package static let inbound: UInt8 = 1 << 2
    /// A datagram of the session was fragmented, so an acknowledgment may be ahead of the positions.
    package static let fragmented: UInt8 = 1 << 3
    /// A segment has met the tombstone since its ends were reset: one of them still speaks (DRAIN-2).
    package static let spokeSinceReset: UInt8 = 1 << 4
    /// It may be probed, so the ends' time stamps are kept (``TimestampTracking``).
    package static let keepsTimestamps: UInt8 = 1 << 5
    /// The SYN was signed, by TCP-MD5 or TCP-AO: the ends take no segment of anybody else, so no reset of the firewall either.
    package static let signed: UInt8 = 1 << 6
}

/// Bits of `sluice_flow_end.flags`.
package enum EndFlags {
    /// The end's SYN was forwarded.
    package static let syn: UInt8 = 1 << 0
    /// The end's FIN was forwarded; `sequenceEnd` includes it.
    package static let fin: UInt8 = 1 << 1
    /// The end has sent an acknowledgment, so `acknowledged` and `windowEdge` mean something.
    package static let acknowledgment: UInt8 = 1 << 2
    /// The end's SYN offered window scaling.
    package static let scaleOffered: UInt8 = 1 << 3
    /// The end's next bare ACK answers a segment that did not renew the session, so it does not renew it either (BAD-3).
    package static let discountNextAcknowledgment: UInt8 = 1 << 4
}

/// Tallies of the kernel program beyond ``DropReason``: indices into the same per-CPU array, which has room for 64 reasons first.
package enum Counter: UInt8, Sendable, CaseIterable {
    case forwardedToDestinationPackets = 64
    case forwardedToDestinationBytes = 65
    /// Left to the kernel's own forwarding: no neighbour yet, TTL expired, too big, options.
    case slowPathPackets = 66
    case hostPackets = 67
    /// Resets made by the kernel program for segments that met a tombstone, or no session.
    case resetsAnswered = 69
    /// Events that found the ring full.
    case eventsLost = 70
    /// Deny events left out so that a flood cannot fill the ring.
    case eventsSuppressed = 71
    /// 8 more than the same to the destination.
    case forwardedToSourcePackets = 72
    case forwardedToSourceBytes = 73
    /// Sessions that began, in the order of ``SessionKind``.
    case begunNorthSouthTCP = 80
    case begunNorthSouthUDP = 81
    case begunNorthSouthICMP = 82
    case begunNorthSouthOther = 83
    case begunEastWestTCP = 84
    case begunEastWestUDP = 85
    case begunEastWestICMP = 86
    case begunEastWestOther = 87

    @inline(__always)
    package static func begun(_ kind: SessionKind) -> UInt8 { begunNorthSouthTCP.rawValue &+ kind.index }

    package var name: String { "\(self)" }
}
