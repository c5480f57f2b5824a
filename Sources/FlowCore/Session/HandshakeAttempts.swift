package import FlowLayout

/// Handshakes that begin again before data has flowed, or after both ends have lost their session (SESS-2; RFC 9293, 3.5 and 3.10.7).
///
/// An end may give up and come back with another initial sequence number; its SYN may reach another server behind a balancer, or a server that
/// keeps nothing of a SYN (SYN cookies), and be answered by several SYN-ACKs. A session has room for one handshake, and the other
/// segments may be forged. So nobody but the end that was called decides: what is not the session's own SYN or SYN-ACK is forwarded and
/// remembered here, and the ACK that names both sequence numbers of a remembered pair makes that pair the session's. A blind forger
/// names neither.
package enum HandshakeAttempts {
    typealias End = UnsafeMutablePointer<sluice_flow_end>

    package enum Outcome: UInt32 {
        /// ``TCPTracker`` is right.
        case none = 0
        /// The segment is forwarded, and nothing else changes.
        case pass = 1
        /// The session has other positions now, or another state: judge the segment again.
        case changed = 2
        /// Both ends have begun anew, and the session is closed.
        case over = 3
    }

    /// Whether a segment that the session's own handshake has no place for may belong to another one.
    @inline(__always)
    package static func mayExplain(_ flags: UInt8, _ state: SessionState) -> Bool {
        isHalfOpen(state) || flags & (TCPFlags.syn | TCPFlags.rst) != 0
    }

    /// Remembers a SYN, and looks at a segment that ``mayExplain(_:_:)`` itself by another handshake.
    ///
    /// - Parameter current: the session's control word, as the segment met it.
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
        // One key for all that is looked for: the stack is short.
        var key = sluice_attempt_key(
            slot: slot, generation: UInt32(current.generation), acknowledgment: packet.pointee.acknowledgment,
            fromOriginator: isOriginator ? 0 : 1)

        if flags & TCPFlags.rst != 0 {
            // A refusal of another SYN, or an end's rejection of an answer to one: the ends know what it is about.
            if flags & TCPFlags.ack != 0 && tables.attempt(&key) != nil { return .pass }
            guard isHalfOpen else { return .none }
            key.ofSender(isOriginator, packet.pointee.sequence)
            return tables.attempt(&key) != nil ? .pass : .none
        }
        if flags & TCPFlags.syn != 0 {
            if flags & TCPFlags.ack == 0 {
                guard packet.pointee.sequence != sender.pointee.initialSequence else { return .none }
                // The session follows the newest SYN until it is answered; the answer may be to the older one.
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
            // A responder that answers a SYN on an open session has lost that session, and so has the end that sent the SYN. The
            // next SYN is judged as a new session's.
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
        // The SYN that it answers: a remembered one, or the session's own.
        if !sender.hasFlag(EndFlags.syn) || answer.pointee.acknowledged != sender.pointee.initialSequence &+ 1 {
            key.ofSender(isOriginator, packet.pointee.sequence)
            guard let syn = tables.attempt(&key) else { return .none }
            guard isStill(current, word) else { return .changed }
            begin(sender, syn)
        } else if !isStill(current, word) {
            return .changed
        }
        adopt(answer, sender: sender, peer: peer)
        // Half-open it was and is: no tally changes.
        let halfOpen = current.with(state: .synReceived, tick: current.tick)
        if halfOpen != current { _ = sluice_compare_exchange64(word, current.rawValue, halfOpen.rawValue) }
        return .changed
    }

    /// Whether the session is what it was. To be asked before positions are begun again: another processor may have established the session
    /// meanwhile, and moved them on.
    @inline(__always)
    private static func isStill(_ current: ControlWord, _ word: UnsafeMutablePointer<UInt64>) -> Bool {
        sluice_compare_exchange64(word, current.rawValue, current.rawValue) == current.rawValue
    }

    /// Makes a remembered SYN-ACK the session's.
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
    /// Names what the end that the packet comes from has sent, and what acknowledges it.
    @inline(__always)
    fileprivate mutating func ofSender(_ isOriginator: Bool, _ acknowledgment: UInt32) {
        self.acknowledgment = acknowledgment
        fromOriginator = isOriginator ? 1 : 0
    }
}
