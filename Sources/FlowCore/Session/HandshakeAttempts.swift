package import FlowLayout

/// Handshakes that start again before data has flowed, or after both ends have lost their session (SESS-2; RFC 9293,
/// 3.5 and 3.10.7).
///
/// An end may give up and start again with another initial sequence number. Its SYN may reach another server behind a
/// load balancer, or a server that keeps no state for a SYN (SYN cookies), and several SYN-ACKs may answer it. A
/// session has room for one handshake, and the other segments may be forged. So the firewall forwards and records any
/// SYN or SYN-ACK that is not the session's own. The ACK that names both sequence numbers of a recorded pair makes that
/// pair the session's. A blind forger names neither.
package enum HandshakeAttempts {
    typealias End = UnsafeMutablePointer<sluice_flow_end>

    package enum Outcome: UInt32 {
        /// The decision of ``TCPTracker`` is valid.
        case none = 0
        /// The segment is forwarded, and nothing else changes.
        case pass = 1
        /// The session has other positions now, or another state: the caller judges the segment again.
        case changed = 2
        /// Both ends have started again, and the session is closed.
        case over = 3
    }

    /// Whether a segment that does not fit the session's own handshake may belong to another one.
    @inline(__always)
    package static func mayExplain(_ flags: UInt8, _ state: SessionState) -> Bool {
        isHalfOpen(state) || flags & (TCPFlags.syn | TCPFlags.rst) != 0
    }

    /// Records a SYN. Checks whether a segment with ``mayExplain(_:_:)`` belongs to another handshake.
    ///
    /// - Parameter current: the session's control word, as it was when the segment arrived.
    @inline(__always)
    package static func reviewHandshake<T: Tables>(
        _ packet: UnsafePointer<sluice_packet>, slot: UInt32, _ current: ControlWord, now: UInt32, _ tables: T
    ) -> Outcome {
        guard let session = tables.session(slot), let word = tables.word(slot), let state = current.state else {
            return .none
        }
        let isOriginator = SessionTracker.isFromOriginator(packet, session)
        let ends = UnsafeMutableRawPointer(session) + MemoryLayout<sluice_session_key>.size
        let originator = ends.assumingMemoryBound(to: sluice_flow_end.self)
        let sender = isOriginator ? originator : originator + 1
        let peer = isOriginator ? originator + 1 : originator
        let isHalfOpen = isHalfOpen(state)
        let flags = packet.pointee.tcpFlags
        // One key for all lookups: the stack is short.
        var key = sluice_attempt_key(
            slot: slot, generation: UInt32(current.generation), acknowledgment: packet.pointee.acknowledgment,
            fromOriginator: isOriginator ? 0 : 1)

        if flags & TCPFlags.rst != 0 {
            // An RST that refuses another SYN, or that rejects an answer to one: it is meaningful to the ends.
            if flags & TCPFlags.ack != 0 && tables.attempt(&key) != nil { return .pass }
            guard isHalfOpen else { return .none }
            key.ofSender(isOriginator, packet.pointee.sequence)
            return tables.attempt(&key) != nil ? .pass : .none
        }
        if flags & TCPFlags.syn != 0 {
            if flags & TCPFlags.ack == 0 {
                guard packet.pointee.sequence != sender.pointee.initialSequence else { return .none }
                // The session follows the newest SYN until a SYN-ACK arrives. That SYN-ACK may answer the older SYN.
                if isHalfOpen && isOriginator && state == .synSent {
                    key.ofSender(isOriginator, sender.pointee.initialSequence &+ 1)
                    rememberCurrent(sender, &key, tables)
                    if isStill(current, word) { sender.noteSyn(packet) }
                }
                key.ofSender(isOriginator, packet.pointee.sequence &+ 1)
                remember(packet, &key, onOpenSession: !isHalfOpen, tables)
                return .none
            }
            if isHalfOpen {
                let answersCurrent =
                    peer.hasFlag(EndFlags.syn) && packet.pointee.acknowledgment == peer.pointee.initialSequence &+ 1
                guard answersCurrent || tables.attempt(&key) != nil else { return .none }
                key.ofSender(isOriginator, packet.pointee.sequence &+ 1)
                remember(packet, &key, onOpenSession: false, tables)
                return .pass
            }
            // A responder that answers a SYN on an open session has lost that session, and so has the end that sent the
            // SYN. The next SYN begins a new session.
            guard state != .closed, let attempt = tables.attempt(&key), attempt.pointee.onOpenSession != 0,
                attempt.pointee.initialSequence != peer.pointee.initialSequence
            else { return .none }
            let closed = current.with(state: .closed, tick: now)
            guard sluice_compare_exchange64(word, current.rawValue, closed.rawValue) == current.rawValue else {
                return .changed
            }
            session.pointee.endReason = EndReason.reset.rawValue
            return .over
        }
        guard isHalfOpen, flags & TCPFlags.ack != 0, let answer = tables.attempt(&key),
            answer.pointee.acknowledged == packet.pointee.sequence,
            !peer.hasFlag(EndFlags.syn) || answer.pointee.initialSequence != peer.pointee.initialSequence
                || answer.pointee.acknowledged != sender.pointee.initialSequence &+ 1
        else { return .none }
        // The SYN that this SYN-ACK answers: a recorded one, or the session's own.
        if !sender.hasFlag(EndFlags.syn) || answer.pointee.acknowledged != sender.pointee.initialSequence &+ 1 {
            key.ofSender(isOriginator, packet.pointee.sequence)
            guard let syn = tables.attempt(&key) else { return .none }
            guard isStill(current, word) else { return .changed }
            begin(sender, syn)
        } else if !isStill(current, word) {
            return .changed
        }
        adopt(answer, sender: sender, peer: peer)
        // The session was half-open and still is: no tally changes.
        let halfOpen = current.with(state: .synReceived, tick: current.tick)
        if halfOpen != current { _ = sluice_compare_exchange64(word, current.rawValue, halfOpen.rawValue) }
        return .changed
    }

    /// Whether the session has not changed. Must be checked before positions are initialised again: another processor
    /// may have established the session meanwhile, and moved them forward.
    @inline(__always)
    private static func isStill(_ current: ControlWord, _ word: UnsafeMutablePointer<UInt64>) -> Bool {
        sluice_compare_exchange64(word, current.rawValue, current.rawValue) == current.rawValue
    }

    /// Makes a recorded SYN-ACK the session's.
    @inline(__always)
    private static func adopt(_ answer: UnsafeMutablePointer<sluice_attempt>, sender: End, peer: End) {
        begin(peer, answer)
        sluice_store64(
            sluice_acknowledged_and_edge(peer),
            UInt64(answer.pointee.acknowledged)
                | UInt64(answer.pointee.acknowledged &+ answer.pointee.window) << 32)
        sluice_set_end_flags(peer, EndFlags.acknowledgment)
        sender.agreeOnScale(with: peer)
    }

    @inline(__always)
    private static func begin(_ end: End, _ attempt: UnsafeMutablePointer<sluice_attempt>) {
        end.noteSyn(
            sequence: attempt.pointee.initialSequence, payloadLength: 0, window: attempt.pointee.window,
            windowScale: attempt.pointee.windowScale)
    }

    @inline(__always)
    private static func remember<T: Tables>(
        _ packet: UnsafePointer<sluice_packet>, _ key: inout sluice_attempt_key, onOpenSession: Bool, _ tables: T
    ) {
        var attempt = sluice_attempt()
        attempt.initialSequence = packet.pointee.sequence
        attempt.acknowledged = packet.pointee.acknowledgment
        attempt.window = UInt32(packet.pointee.window)
        attempt.windowScale = packet.pointee.windowScale
        attempt.onOpenSession = onOpenSession ? 1 : 0
        tables.insertAttempt(&key, &attempt)
    }

    @inline(__always)
    private static func rememberCurrent<T: Tables>(_ end: End, _ key: inout sluice_attempt_key, _ tables: T) {
        var attempt = sluice_attempt()
        attempt.initialSequence = end.pointee.initialSequence
        attempt.window = end.pointee.maximumWindow
        attempt.windowScale = end.hasFlag(EndFlags.scaleOffered) ? end.pointee.windowScale >> 4 : 0xFF
        tables.insertAttempt(&key, &attempt)
    }

    @inline(__always)
    private static func isHalfOpen(_ state: SessionState) -> Bool { state == .synSent || state == .synReceived }
}

extension sluice_attempt_key {
    /// Sets the part of the key that names what the packet's end has sent, and what acknowledges it.
    @inline(__always)
    fileprivate mutating func ofSender(_ isOriginator: Bool, _ acknowledgment: UInt32) {
        self.acknowledgment = acknowledgment
        fromOriginator = isOriginator ? 1 : 0
    }
}
