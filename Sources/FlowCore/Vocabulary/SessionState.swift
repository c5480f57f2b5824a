/// Where a session is in its life. The value lies in the session's ``ControlWord``.
///
/// TCP's states are those of RFC 9293, 3.3.2, as they can be known from the middle. Other protocols are ``established``
/// from their first packet on.
package enum SessionState: UInt8, Sendable, CaseIterable {
    /// The slot holds no session. Can transition to: `beginning` when the kernel admits a session.
    case free = 0
    /// The originator's SYN was forwarded. Can transition to: `synReceived`, `closed` (refused), `resetting`, `ending` (half-open timeout).
    case synSent = 1
    /// The responder's SYN was forwarded. Can transition to: `established`, `closed`, `resetting`, `ending` (half-open timeout).
    case synReceived = 2
    /// Both ends acknowledged the other's SYN. Can transition to: `closing`, `closed` (exact RST), `resetting`, `ending` (silent expiry).
    case established = 3
    /// One end, or both, sent a FIN. Can transition to: `closed`, `resetting`, `ending`.
    case closing = 4
    /// Both FINs were acknowledged, or an end's RST was valid. Can transition to: `ending` after its rest, `ended` when a new SYN needs the 5-tuple.
    case closed = 5
    /// The firewall has reset both ends: a tombstone. Can transition to: `ending` after its rest, `ended` when a new SYN needs the 5-tuple.
    case resetting = 6
    /// The owner is taking the key out of the flow table. Can transition to: `free`.
    case ending = 7
    /// The kernel has taken the key out of the flow table. Can transition to: `free`, by the owner.
    case ended = 8
    /// The kernel fills the slot. No session yet, and nobody else's to change. Can transition to: `synSent`, `established`, `abandoned`
    /// (another processor began the same session).
    case beginning = 9
    /// The slot was filled, but never was a session: nobody hears of it. Can transition to: `free`, by the owner.
    case abandoned = 10
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
    /// How long the session had been idle before the end's last keep-alive probe, as a level (``KeepAlive``).
    package static let keepAliveLevel: UInt8 = 0b111 << 5
}
