internal import FlowLayout

/// Whether a session has an end outside the internal prefixes.
package enum TrafficClass: UInt8, Sendable, CaseIterable {
    case northSouth = 0
    case eastWest = 1
}

/// The protocols that sessions are counted by.
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

/// The kind of a session in counters: ``TrafficClass`` above ``ProtocolGroup``, 3 bits.
package struct SessionKind: Equatable, Hashable, Sendable {
    package static let count = Int(SLUICE_SESSION_KINDS)

    package let index: UInt8

    package init(_ trafficClass: TrafficClass, _ group: ProtocolGroup) {
        index = trafficClass.rawValue << 2 | group.rawValue
    }

    /// The kind in a treatment's index (``TreatmentIndex``).
    package init(treatment: UInt16) { index = UInt8(treatment & UInt16(Self.count - 1)) }

    package var trafficClass: TrafficClass { index >> 2 == 0 ? .northSouth : .eastWest }
    package var protocolGroup: ProtocolGroup { ProtocolGroup(rawValue: index & 3) ?? .other }

    package static var allCases: [SessionKind] { (0..<UInt16(count)).map { SessionKind(treatment: $0) } }
}

/// Indices of treatments. The low 3 bits are the session's ``SessionKind``, so the control word is enough to know it.
/// The other bits are a group, in which a session uses the entry of its kind. Group 0 belongs to the classes, the
/// others to rules.
package enum TreatmentIndex {
    package static let groupSize = UInt16(SLUICE_SESSION_KINDS)
    /// In a rule: the class determines the treatment.
    package static let byClass: UInt16 = 0
    /// The first group that a rule may have.
    package static let firstCustom = groupSize

    /// TCP.
    package static let northSouth: UInt16 = 0
    package static let eastWest: UInt16 = 4
    /// North-south. East-west is 4 more, and has the same treatment.
    package static let udp: UInt16 = 1
    package static let icmp: UInt16 = 2
    package static let otherProtocol: UInt16 = 3

    /// Whether the treatment is that of the session's class, and not a rule's own.
    package static func isByClass(_ index: UInt16) -> Bool { index < groupSize }
}

/// What happens to a session when its idle timeout has passed (IDLE-2, IDLE-3, IDLE-5).
package enum OnIdle: UInt8, Sendable, CaseIterable {
    /// Both ends receive an RST that their TCP accepts.
    case reset = 0
    /// Nothing is sent.
    case silent = 1
    /// Both ends first receive a keep-alive segment (dead connection detection).
    case probe = 2
}

/// The direction in which a session was opened. Inbound: by an external end towards an internal one. All others are
/// outbound.
package enum SessionDirection: UInt8, Sendable, CaseIterable {
    case outbound = 0
    case inbound = 1
}
