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

/// The indices of the fixed treatments; from ``firstCustom`` on they belong to rules.
package enum TreatmentIndex {
    package static let northSouth: UInt16 = 0
    package static let eastWest: UInt16 = 1
    package static let udp: UInt16 = 2
    package static let icmp: UInt16 = 3
    package static let otherProtocol: UInt16 = 4
    package static let firstCustom: UInt16 = 16
    /// In a rule: the class decides.
    package static let byClass: UInt16 = 0xFFFF
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
    case forwardedPackets = 64
    case forwardedBytes = 65
    /// Left to the kernel's own forwarding: no neighbour yet, TTL expired, too big, options.
    case slowPathPackets = 66
    case hostPackets = 67
    case sessionsBegun = 68
    /// Resets made by the kernel program for segments that met a tombstone, or no session.
    case resetsAnswered = 69
    /// Events that found the ring full.
    case eventsLost = 70
    /// Deny events left out so that a flood cannot fill the ring.
    case eventsSuppressed = 71

    package var name: String { "\(self)" }
}
