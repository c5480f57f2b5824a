/// Why a packet was not forwarded. CLI, API, metrics, logs and dashboard all use this list (OPS-1).
///
/// The raw value, less than 64, is an index into the kernel program's counters. `name` is shown to people and programs.
package enum DropReason: UInt8, Sendable, CaseIterable {
    /// Shorter than its headers say, contradictory, or with a wrong IPv4 header checksum.
    case malformed = 0
    /// Neither TCP, UDP, ICMP nor another protocol that can have a session: multicast, source routing, router messages.
    case unsupported = 1
    /// A fragment whose first one was not seen or not allowed.
    case fragment = 2
    /// A TCP segment, or an ICMP error, that belongs to no session.
    case noSession = 3
    /// Denied by a rule, or because no rule allows it.
    case denied = 4
    /// The session table, or the half-open sessions' share of it, is full.
    case capacity = 5
    /// An RST outside the window, or with a wrong acknowledgment in the half-open phase.
    case invalidReset = 6
    /// Data or an acknowledgment outside the window.
    case outOfWindow = 7
    /// A combination of TCP flags that no TCP sends: SYN with FIN or RST, none at all.
    case invalidFlags = 8
    /// A segment for a tombstone. It is answered with an RST, unless it is an RST itself.
    case tombstone = 9
    /// A packet of a session that came in by a zone where neither of its ends is.
    case wrongZone = 10
    /// The route leads to no zone of this gateway.
    case noRoute = 11
    /// For the gateway itself, whose host rules do not allow it.
    case hostDenied = 12
    /// A SYN for a 5-tuple whose old session is being removed at this moment. Its retransmission will pass.
    case sessionEnding = 13
    /// Its source has as many half-open sessions as one source may have (BAD-10).
    case limited = 14

    /// The name in tables, JSON and metrics.
    package var name: String { "\(self)" }
}

/// Counters of the kernel program in addition to ``DropReason``: indices into the same per-CPU array, where the first
/// 64 are for reasons.
package enum Counter: UInt8, Sendable, CaseIterable {
    case forwardedToDestinationPackets = 64
    case forwardedToDestinationBytes = 65
    /// Passed to the kernel's own forwarding: no neighbour yet, TTL expired, too big, options.
    case slowPathPackets = 66
    case hostPackets = 67
    /// RSTs made by the kernel program for segments for a tombstone, or without a session.
    case resetsAnswered = 69
    /// Events that were lost because the ring was full.
    case eventsLost = 70
    /// Deny events that were suppressed, so that a flood cannot fill the ring.
    case eventsSuppressed = 71
    /// 8 more than the same counter for the destination.
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
