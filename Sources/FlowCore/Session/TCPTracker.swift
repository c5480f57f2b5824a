package import FlowLayout

/// What a segment does to its session: the answer of ``TCPTracker``, before anything is written.
package struct SegmentEffect {
    package enum Kind: UInt8 {
        case drop = 0
        /// Forwarded; nothing is recorded.
        case pass = 1
        /// Forwarded; positions and timer are updated as for a segment of the session.
        case accept = 2
        /// A SYN that begins its end's half, possibly again.
        case acceptSyn = 3
    }
    package var kind: Kind
    package var reason: DropReason
    /// The state afterwards.
    package var state: SessionState
    package var endReason: EndReason
    /// The timer is restarted (SESS-3).
    package var renews: Bool
    /// The peer's next bare ACK answers this segment and so does not renew either (BAD-3).
    package var discountsPeer: Bool

    @inline(__always)
    package static func drop(_ reason: DropReason, _ state: SessionState) -> SegmentEffect {
        SegmentEffect(
            kind: .drop, reason: reason, state: state, endReason: .none, renews: false, discountsPeer: false)
    }

    @inline(__always)
    package static func pass(_ state: SessionState, discountsPeer: Bool = false) -> SegmentEffect {
        SegmentEffect(
            kind: .pass, reason: .noSession, state: state, endReason: .none, renews: false,
            discountsPeer: discountsPeer)
    }

    @inline(__always)
    package static func accept(_ state: SessionState, renews: Bool = true) -> SegmentEffect {
        SegmentEffect(
            kind: .accept, reason: .noSession, state: state, endReason: .none, renews: renews, discountsPeer: false)
    }

    @inline(__always)
    package static func acceptSyn(_ state: SessionState, renews: Bool) -> SegmentEffect {
        SegmentEffect(
            kind: .acceptSyn, reason: .noSession, state: state, endReason: .none, renews: renews,
            discountsPeer: false)
    }

    @inline(__always)
    package static func close(_ reason: EndReason) -> SegmentEffect {
        SegmentEffect(
            kind: .pass, reason: .noSession, state: .closed, endReason: reason, renews: true, discountsPeer: false)
    }
}

/// Follows a TCP session from the middle of its path (RFC 9293, 3.3.2 and 3.10; RFC 5961; SESS-2 to SESS-6).
///
/// Reads the session and decides. ``SessionTracker`` carries out the decision.
package enum TCPTracker {
    typealias End = UnsafeMutablePointer<sluice_flow_end>

    /// The largest distance that an acknowledgment may be behind, whatever the window: old ones arrive late.
    private static var minimumAcknowledgmentWindow: UInt32 { 66_000 }

    /// Decides what a segment does.
    ///
    /// - Parameters:
    ///   - sender: the end that the segment comes from.
    ///   - peer: the other end.
    ///   - isOriginator: whether the sender opened the session.
    ///   - state: synSent, synReceived, established, closing or closed.
    @inline(__always)
    package static func effect(
        of packet: UnsafePointer<sluice_packet>, sender: UnsafeMutablePointer<sluice_flow_end>,
        peer: UnsafeMutablePointer<sluice_flow_end>, isOriginator: Bool, state: SessionState, fragmented: Bool
    ) -> SegmentEffect {
        let flags = packet.pointee.tcpFlags
        if flags & TCPFlags.rst != 0 {
            return reset(packet, sender, peer, isOriginator, state)
        }
        if flags & TCPFlags.syn != 0 {
            return flags & TCPFlags.ack == 0
                ? syn(packet, sender, peer, isOriginator, state) : synAck(packet, sender, peer, state)
        }
        if !peer.hasFlag(EndFlags.syn) || !sender.hasFlag(EndFlags.syn) {
            // The responder answers a SYN with a bare ACK if it still has an old session of this 5-tuple. The
            // originator must receive it, to reset that session (RFC 9293, 3.10.7.4, half-open connection discovery).
            return state == .synSent && !isOriginator ? .accept(state, renews: false) : .drop(.outOfWindow, state)
        }
        return segment(packet, sender, peer, state, fragmented)
    }

    // MARK: SYN

    @inline(__always)
    private static func syn(
        _ packet: UnsafePointer<sluice_packet>, _ sender: End, _ peer: End, _ isOriginator: Bool,
        _ state: SessionState
    ) -> SegmentEffect {
        switch state {
        case .synSent:
            // A retransmission, or a new attempt with another ISS that ``HandshakeAttempts`` has made the session's.
            // Neither restarts the timer (SESS-3).
            if isOriginator { return .pass(state) }
            // Both ends open at the same time (RFC 9293, 3.5, figure 8).
            return .acceptSyn(.synReceived, renews: true)
        case .synReceived:
            return .pass(state)
        default:
            // The peer answers with a challenge ACK (SESS-5; RFC 5961, 4).
            return .pass(state, discountsPeer: true)
        }
    }

    @inline(__always)
    private static func synAck(
        _ packet: UnsafePointer<sluice_packet>, _ sender: End, _ peer: End, _ state: SessionState
    ) -> SegmentEffect {
        if sender.hasFlag(EndFlags.syn) {
            if packet.pointee.sequence != sender.pointee.initialSequence {
                return .drop(.outOfWindow, state)
            }
            // Both ends opened at the same time, and this is the second half; or it is a retransmission.
            return state == .synReceived && !sender.hasFlag(EndFlags.acknowledgment)
                ? .accept(.synReceived) : .pass(state, discountsPeer: state != .synReceived)
        }
        guard state == .synSent else { return .drop(.outOfWindow, state) }
        let acknowledged = packet.pointee.acknowledgment
        guard SequenceNumber.isAfter(acknowledged, peer.pointee.initialSequence),
            !SequenceNumber.isAfter(acknowledged, peer.pointee.sequenceEnd)
        else { return .drop(.outOfWindow, state) }
        return .acceptSyn(.synReceived, renews: true)
    }

    // MARK: RST

    @inline(__always)
    private static func reset(
        _ packet: UnsafePointer<sluice_packet>, _ sender: End, _ peer: End, _ isOriginator: Bool,
        _ state: SessionState
    ) -> SegmentEffect {
        let sequence = packet.pointee.sequence
        let acknowledges = packet.pointee.tcpFlags & TCPFlags.ack != 0
        if !isOriginator && !peer.hasFlag(EndFlags.acknowledgment) {
            // The originator is, or may be, in SYN-SENT. There only the acknowledgment is checked (RFC 9293, 3.10.7.3).
            if acknowledges,
                SequenceNumber.isAfter(packet.pointee.acknowledgment, peer.pointee.initialSequence),
                !SequenceNumber.isAfter(packet.pointee.acknowledgment, peer.pointee.sequenceEnd)
            {
                return state == .closed ? .pass(state) : .close(.reset)
            }
            if state == .synSent { return .drop(.invalidReset, state) }
        }
        if state == .synSent && peer.hasFlag(EndFlags.acknowledgment) && sequence == peer.pointee.acknowledged {
            // The originator resets the responder's old session; its own handshake continues.
            return .pass(state)
        }
        let peerAcknowledged = peer.hasFlag(EndFlags.acknowledgment)
        if peerAcknowledged && sequence == peer.pointee.acknowledged
            || sender.hasFlag(EndFlags.syn) && sequence == sender.pointee.sequenceEnd
        {
            return state == .closed ? .pass(state) : .close(.reset)
        }
        // The peer answers an RST that is not exact with a challenge ACK (SESS-4; RFC 5961, 3.2).
        if peerAcknowledged && SequenceNumber.isAfter(sequence, peer.pointee.acknowledged)
            && SequenceNumber.isBefore(sequence, peer.pointee.windowEdge)
        {
            return .pass(state, discountsPeer: true)
        }
        // The session is closed at both ends: a late RST with a recent sequence number does no harm.
        if state == .closed && peerAcknowledged && !SequenceNumber.isAfter(sequence, peer.pointee.acknowledged)
            && !SequenceNumber.isBefore(
                sequence,
                peer.pointee.acknowledged &- max(peer.pointee.maximumWindow, minimumAcknowledgmentWindow))
        {
            return .pass(state)
        }
        return .drop(.invalidReset, state)
    }

    // MARK: All else

    @inline(__always)
    private static func segment(
        _ packet: UnsafePointer<sluice_packet>, _ sender: End, _ peer: End, _ state: SessionState, _ fragmented: Bool
    ) -> SegmentEffect {
        let sequence = packet.pointee.sequence
        let fin = packet.pointee.tcpFlags & TCPFlags.fin != 0
        let end = sequence &+ packet.pointee.payloadLength &+ (fin ? 1 : 0)
        let acknowledgment = packet.pointee.acknowledgment

        // The acknowledgment must be for data that the peer has sent, and not too old. While a fragmented datagram is
        // in flight, the position may lag behind by at most one datagram.
        let ahead = peer.pointee.sequenceEnd &+ (fragmented ? 65_535 : 0)
        let behind = max(sender.pointee.maximumWindow, minimumAcknowledgmentWindow)
        guard !SequenceNumber.isAfter(acknowledgment, ahead),
            !SequenceNumber.isBefore(acknowledgment, peer.pointee.sequenceEnd &- behind)
        else { return .drop(.outOfWindow, state) }

        // The right edge. One more for a probe of a closed window, and one for a FIN.
        if peer.hasFlag(EndFlags.acknowledgment) {
            guard !SequenceNumber.isAfter(sequence, peer.pointee.windowEdge),
                !SequenceNumber.isAfter(end, peer.pointee.windowEdge &+ 2)
            else { return .drop(.outOfWindow, state) }
        }

        // Far left of the window: forwarded, so that the receiver can acknowledge again, but does not renew the session
        // (SESS-6, SESS-3).
        if SequenceNumber.isBefore(end, sender.pointee.sequenceEnd &- peer.pointee.maximumWindow &- 1) {
            return .pass(state, discountsPeer: true)
        }

        // A bare ACK that only answers a challenge renews nothing, unless one of its numbers is new (BAD-3).
        if sender.hasFlag(EndFlags.discountNextAcknowledgment), packet.pointee.payloadLength == 0, !fin,
            sequence == sender.pointee.sequenceEnd, acknowledgment == sender.pointee.acknowledged,
            sender.hasFlag(EndFlags.acknowledgment)
        {
            sluice_clear_end_flags(sender, EndFlags.discountNextAcknowledgment)
            return .pass(state)
        }
        return .accept(next(state, end, acknowledgment, fin, sender, peer), renews: state != .closed)
    }

    /// The state after an accepted segment.
    @inline(__always)
    private static func next(
        _ state: SessionState, _ end: UInt32, _ acknowledgment: UInt32, _ fin: Bool, _ sender: End, _ peer: End
    ) -> SessionState {
        var state = state
        // Both ends have acknowledged the other's SYN: the sender does so with this segment.
        if state == .synReceived && peer.hasFlag(EndFlags.acknowledgment)
            && SequenceNumber.isAfter(acknowledgment, peer.pointee.initialSequence)
        {
            state = .established
        }
        let senderFinished = fin || sender.hasFlag(EndFlags.fin)
        let peerFinished = peer.hasFlag(EndFlags.fin)
        if state == .established && (senderFinished || peerFinished) { state = .closing }
        guard state == .closing, senderFinished, peerFinished else { return state }
        let sent = SequenceNumber.isAfter(end, sender.pointee.sequenceEnd) ? end : sender.pointee.sequenceEnd
        return acknowledgment == peer.pointee.sequenceEnd && peer.pointee.acknowledged == sent ? .closed : state
    }
}
