package import FlowLayout

/// What is seen of an end's TCP keep-alive (RFC 9293, 3.8.4; RISK-4). A probe repeats the last sequence number that its
/// sender has used, with no data or one byte of it, so that the other end must answer.
///
/// Three bits of `sluice_flow_end.flags` keep how long the session had been idle before the end's last probe, as a
/// level: 0: no probe seen; level n from 1 to 7: less than 2^(n-1) x 17.2 s, and from level 2 on at least half of that.
/// Level 7 has no upper limit.
package enum KeepAlive {
    /// Level 1 ends at 1 << 10 ticks, 17.2 s; each other level at twice as many as the one before.
    private static var firstLevelShift: UInt32 { 10 }
    package static var highestLevel: UInt8 { 7 }
    private static var levelShift: UInt8 { 5 }

    /// Whether an accepted segment is a probe. Call it before the sender's positions follow the segment. Data of one
    /// byte that is sent again has PSH (RFC 9293, 3.9.1.2); a probe has only ACK.
    @inline(__always)
    static func isProbe(_ packet: UnsafePointer<sluice_packet>, _ sender: UnsafeMutablePointer<sluice_flow_end>) -> Bool
    {
        packet.pointee.sequence &+ 1 == sender.pointee.sequenceEnd && packet.pointee.payloadLength <= 1
            && packet.pointee.tcpFlags & (TCPFlags.fin | TCPFlags.psh | TCPFlags.urg | TCPFlags.ack) == TCPFlags.ack
            && sender.hasFlag(EndFlags.acknowledgment)
    }

    /// Records a probe of an end.
    ///
    /// - Parameter idleTicks: since the session's last packet.
    @inline(__always)
    static func note(_ sender: UnsafeMutablePointer<sluice_flow_end>, idleTicks: UInt32) {
        let level = level(ofIdleTicks: idleTicks) << levelShift
        guard sender.pointee.flags & EndFlags.keepAliveLevel != level else { return }
        // A reader between the two sees no probe for a moment.
        sluice_clear_end_flags(sender, EndFlags.keepAliveLevel)
        sluice_set_end_flags(sender, level)
    }

    @inline(__always)
    package static func level(ofIdleTicks ticks: UInt32) -> UInt8 {
        var level: UInt8 = 1
        var remaining = ticks >> firstLevelShift
        while remaining != 0 && level < highestLevel {
            level &+= 1
            remaining >>= 1
        }
        return level
    }

    /// The level of an end's last probe; 0: none was seen.
    package static func level(of end: sluice_flow_end) -> UInt8 { (end.flags & EndFlags.keepAliveLevel) >> levelShift }

    /// The idle times of a level, in ticks: at least the first, less than the second (nil: no limit).
    ///
    /// - Parameter level: 1 to 7.
    package static func idleTicks(ofLevel level: UInt8) -> (least: UInt32, end: UInt32?) {
        let shift = firstLevelShift &+ UInt32(level)
        return (level <= 1 ? 0 : 1 << (shift &- 2), level >= highestLevel ? nil : 1 << (shift &- 1))
    }

    /// Whether an end's keep-alive is seen, and often enough for a timeout: two fit into it.
    package static func keeps(_ end: sluice_flow_end, timeoutTicks: UInt32) -> Bool {
        let level = level(of: end)
        return level != 0 && idleTicks(ofLevel: level).least <= timeoutTicks / 2
    }

    /// Whether an idle timeout may end a session that still has users: an established TCP session that has been idle for
    /// more than half of its timeout, of which no end's keep-alive is seen often enough, and which the firewall does not
    /// probe itself.
    package static func isAtRisk(
        _ word: ControlWord, _ session: sluice_session, treatment: sluice_treatment, now: UInt32
    ) -> Bool {
        isIdle(word, treatment: treatment, now: now)
            && !keeps(session.originator, timeoutTicks: treatment.timeoutTicks)
            && !keeps(session.responder, timeoutTicks: treatment.timeoutTicks)
    }

    /// The part of ``isAtRisk(_:_:treatment:now:)`` that needs no session.
    @inline(__always)
    package static func isIdle(_ word: ControlWord, treatment: sluice_treatment, now: UInt32) -> Bool {
        let idle = now &- word.tick
        return word.isState(.established) && SessionKind(treatment: word.treatment).protocolGroup == .tcp
            && idle < 1 << 31 && idle > treatment.timeoutTicks / 2
            && treatment.timeoutTicks != 0 && treatment.onIdle != OnIdle.probe.rawValue
    }
}
