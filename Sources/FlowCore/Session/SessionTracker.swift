package import FlowLayout

/// Applies a packet to its session. Of a packet and the expiry of its session only one wins: a compare-and-exchange of
/// the control word decides, before anything else is written (IDLE-6).
package enum SessionTracker {
    /// How often a lost exchange is tried again. If another processor wins each time, it has renewed the session as
    /// well.
    private static var attempts: UInt32 { 4 }

    /// Judges a packet whose key is in the flow table.
    ///
    /// - Returns: a verdict; `noSessionYet` if the slot no longer holds a session and the packet may begin a new one.
    @inline(__always)
    package static func track<T: Tables>(
        _ packet: UnsafeMutablePointer<sluice_packet>, at flow: sluice_flow_value, now: UInt32, _ tables: T
    ) -> Verdict {
        guard let session = tables.session(flow.slot), let word = tables.word(flow.slot) else {
            return .drop(.noSession)
        }
        var remaining = attempts
        while remaining > 0 {
            remaining &-= 1
            let current = ControlWord(rawValue: sluice_load64(word))
            guard UInt32(current.generation) == flow.generation & 0xFFFF, let state = current.state else {
                return .noSessionYet
            }
            switch state {
            case .free, .ended, .beginning, .abandoned:
                return .noSessionYet
            case .ending:
                return beginsSession(packet) ? .drop(.sessionEnding) : .drop(.noSession)
            case .resetting:
                return meetTombstone(packet, flow.slot, session, word, current, now, tables)
            case .synSent, .synReceived, .established, .closing, .closed:
                if packet.pointee.kind == PacketKind.icmpError.rawValue { return passError(packet, session) }
                // The session is closed at both ends: any SYN begins a new session, with any sequence number (RFC 9293,
                // 3.5).
                if state == .closed && packet.pointee.kind == PacketKind.tcp.rawValue && beginsSession(packet) {
                    return giveWay(flow.slot, session, word, current, now, tables)
                }
                if let verdict = trackLive(packet, flow.slot, session, word, current, state, now, tables) {
                    return verdict
                }
            }
        }
        return .forward
    }

    /// One attempt for a live session; nil if another processor changed the word meanwhile.
    ///
    /// Every packet of a session takes this path. The code behind `_slowPath` calls functions of the kernel program.
    /// Without `_slowPath`, LLVM keeps on the stack, for all packets, what only those calls need: 3 ns.
    @inline(__always)
    private static func trackLive<T: Tables>(
        _ packet: UnsafeMutablePointer<sluice_packet>, _ slot: UInt32,
        _ session: UnsafeMutablePointer<sluice_session>,
        _ word: UnsafeMutablePointer<UInt64>, _ current: ControlWord, _ state: SessionState, _ now: UInt32,
        _ tables: T
    ) -> Verdict? {
        let isOriginator = isFromOriginator(packet, session)
        packet.pointee.isAnswer = isOriginator ? 0 : 1
        let ends = UnsafeMutableRawPointer(session)
        let originator = (ends + originatorOffset).assumingMemoryBound(to: sluice_flow_end.self)
        let responder = (ends + responderOffset).assumingMemoryBound(to: sluice_flow_end.self)
        let sender = isOriginator ? originator : responder
        let peer = isOriginator ? responder : originator
        guard sender.pointee.zone == packet.pointee.zone else { return .drop(.wrongZone) }

        var effect = SegmentEffect.accept(state)
        if packet.pointee.kind == PacketKind.tcp.rawValue {
            // This must be done before the packet's SYN-ACK replaces an earlier one.
            if _slowPath(packet.pointee.tcpFlags & (TCPFlags.syn | TCPFlags.ack) == TCPFlags.syn) {
                _ = tables.reviewHandshake(packet, slot: slot, current, now: now)
            }
            effect = TCPTracker.effect(
                of: packet, sender: sender, peer: peer, isOriginator: isOriginator, state: state,
                fragmented: session.pointee.flags & SessionFlags.fragmented != 0)
            if _slowPath(effect.kind == .drop) {
                guard HandshakeAttempts.mayExplain(packet.pointee.tcpFlags, state) else { return .drop(effect.reason) }
                switch tables.reviewHandshake(packet, slot: slot, current, now: now) {
                case .none:
                    return .drop(effect.reason)
                case .pass:
                    sender.count(packet)
                    packet.pointee.peerZone = peer.pointee.zone
                    return .forward
                case .changed:
                    return nil
                case .over:
                    return .drop(.sessionEnding)
                }
            }
        }
        if effect.renews || effect.state != state {
            let renewed = current.with(state: effect.state, tick: now)
            // Within one tick the word does not change: the session is not idle, so nobody may expire it.
            if renewed != current {
                let found = sluice_compare_exchange64(word, current.rawValue, renewed.rawValue)
                guard found == current.rawValue else { return nil }
                if _slowPath(effect.state != state) {
                    noteTransition(from: state, effect, slot, session, now, tables)
                }
            }
        }
        if packet.pointee.kind == PacketKind.tcp.rawValue {
            note(effect, packet, sender, peer, idleTicks: now &- current.tick)
        }
        if _slowPath(packet.pointee.flags & PacketFlags.firstFragment != 0) {
            sluice_set_session_flags(session, SessionFlags.fragmented)
            tables.rememberFragment(
                packet, sluice_flow_value(slot: slot, generation: UInt32(current.generation)),
                isOriginator: isOriginator, now: now)
        }
        sender.count(packet)
        packet.pointee.peerZone = peer.pointee.zone
        if session.pointee.flags & SessionFlags.keepsTimestamps != 0 {
            packet.pointee.flags |= PacketFlags.keepsTimestamps
        }
        if current.tick == now { packet.pointee.flags |= PacketFlags.followsClosely }
        return .forward
    }

    @inline(__always)
    private static var originatorOffset: Int { MemoryLayout<sluice_session_key>.size }

    @inline(__always)
    private static var responderOffset: Int {
        MemoryLayout<sluice_session_key>.size + MemoryLayout<sluice_flow_end>.size
    }

    /// Writes the positions.
    @inline(__always)
    private static func note(
        _ effect: SegmentEffect, _ packet: UnsafePointer<sluice_packet>,
        _ sender: UnsafeMutablePointer<sluice_flow_end>,
        _ peer: UnsafeMutablePointer<sluice_flow_end>, idleTicks: UInt32
    ) {
        let flags = packet.pointee.tcpFlags
        switch effect.kind {
        case .acceptSyn:
            sender.noteSyn(packet)
            if flags & TCPFlags.ack != 0 { sender.noteAcknowledgment(packet) }
            if peer.hasFlag(EndFlags.syn) { sender.agreeOnScale(with: peer) }
        case .accept:
            let fin = flags & TCPFlags.fin != 0
            let end = packet.pointee.sequence &+ packet.pointee.payloadLength &+ (fin ? 1 : 0)
            if _slowPath(KeepAlive.isProbe(packet, sender)) { KeepAlive.note(sender, idleTicks: idleTicks) }
            if sender.hasFlag(EndFlags.syn) { sender.noteSent(upTo: end) }
            if fin { sluice_set_end_flags(sender, EndFlags.fin) }
            if flags & TCPFlags.ack != 0 { sender.noteAcknowledgment(packet) }
        case .pass, .drop:
            break
        }
        if effect.discountsPeer { sluice_set_end_flags(peer, EndFlags.discountNextAcknowledgment) }
    }

    /// Counts a change of state, and records why a session ended. Only the winner of the exchange gets here.
    @inline(__always)
    private static func noteTransition<T: Tables>(
        from state: SessionState, _ effect: SegmentEffect, _ slot: UInt32,
        _ session: UnsafeMutablePointer<sluice_session>, _ now: UInt32, _ tables: T
    ) {
        let wasHalfOpen = state == .synSent || state == .synReceived
        let isHalfOpen = effect.state == .synSent || effect.state == .synReceived
        if wasHalfOpen && !isHalfOpen { tables.noteHalfOpenLeft(session, slot: slot, now: now) }
        guard effect.state == .closed else { return }
        let reason: EndReason = effect.endReason == .none ? .fin : effect.endReason
        session.pointee.endReason = reason.rawValue
    }

    // MARK: Tombstones and port reuse

    /// RST-2: an RST is never answered, a SYN with a new ISS ends the tombstone, any other segment is answered with an
    /// RST.
    @inline(__always)
    private static func meetTombstone<T: Tables>(
        _ packet: UnsafePointer<sluice_packet>, _ slot: UInt32, _ session: UnsafeMutablePointer<sluice_session>,
        _ word: UnsafeMutablePointer<UInt64>, _ current: ControlWord, _ now: UInt32, _ tables: T
    ) -> Verdict {
        guard packet.pointee.kind == PacketKind.tcp.rawValue,
            packet.pointee.flags & PacketFlags.firstFragment == 0
        else { return .drop(.tombstone) }
        let isOriginator = isFromOriginator(packet, session)
        guard (isOriginator ? session.pointee.originator.zone : session.pointee.responder.zone) == packet.pointee.zone
        else { return .drop(.wrongZone) }
        if packet.pointee.tcpFlags & TCPFlags.rst != 0 { return .drop(.tombstone) }
        if isNewSyn(packet, session) { return giveWay(slot, session, word, current, now, tables) }
        sluice_set_session_flags(session, SessionFlags.spokeSinceReset)
        return .answerReset(.tombstone)
    }

    /// Removes an ended session's key from the flow index, so that its 5-tuple can begin a new session.
    @inline(__always)
    private static func giveWay<T: Tables>(
        _ slot: UInt32, _ session: UnsafeMutablePointer<sluice_session>, _ word: UnsafeMutablePointer<UInt64>,
        _ current: ControlWord,
        _ now: UInt32, _ tables: T
    ) -> Verdict {
        let ended = current.with(state: .ended, tick: now)
        guard sluice_compare_exchange64(word, current.rawValue, ended.rawValue) == current.rawValue else {
            return .drop(.sessionEnding)
        }
        let key = UnsafeRawPointer(session).assumingMemoryBound(to: sluice_session_key.self)
        tables.removeFlow(key, slot: slot)
        return .noSessionYet
    }

    /// A SYN that begins a new session: not a retransmission of the SYN that began the old one.
    @inline(__always)
    private static func isNewSyn(
        _ packet: UnsafePointer<sluice_packet>, _ session: UnsafeMutablePointer<sluice_session>
    ) -> Bool {
        guard beginsSession(packet), packet.pointee.kind == PacketKind.tcp.rawValue else { return false }
        return !isFromOriginator(packet, session)
            || packet.pointee.sequence != session.pointee.originator.initialSequence
    }

    // MARK: Which packet

    @inline(__always)
    package static func isFromOriginator(
        _ packet: UnsafePointer<sluice_packet>, _ session: UnsafeMutablePointer<sluice_session>
    ) -> Bool {
        (packet.pointee.flags & PacketFlags.sourceIsLow != 0)
            == (session.pointee.flags & SessionFlags.originatorIsLow != 0)
    }

    /// Whether a packet of this kind may begin a session.
    @inline(__always)
    package static func beginsSession(_ packet: UnsafePointer<sluice_packet>) -> Bool {
        switch packet.pointee.kind {
        case PacketKind.tcp.rawValue:
            packet.pointee.tcpFlags & (TCPFlags.syn | TCPFlags.ack | TCPFlags.rst | TCPFlags.fin) == TCPFlags.syn
        case PacketKind.udp.rawValue, PacketKind.echoRequest.rawValue, PacketKind.other.rawValue: true
        default: false
        }
    }

    /// An ICMP error goes to the end that sent the quoted packet. It must come from the zone of the other end (SESS-7),
    /// and for TCP it must quote a segment in flight (RFC 5927, 4.1). It renews nothing.
    @inline(__always)
    private static func passError(
        _ packet: UnsafeMutablePointer<sluice_packet>, _ session: UnsafeMutablePointer<sluice_session>
    ) -> Verdict {
        let quotesOriginator = isFromOriginator(packet, session)
        let ends = UnsafeMutableRawPointer(session)
        let originator = (ends + originatorOffset).assumingMemoryBound(to: sluice_flow_end.self)
        let responder = (ends + responderOffset).assumingMemoryBound(to: sluice_flow_end.self)
        let quoted = quotesOriginator ? originator : responder
        let other = quotesOriginator ? responder : originator
        guard other.pointee.zone == packet.pointee.zone else { return .drop(.wrongZone) }
        if session.pointee.key.protocol == IPProtocol.tcp {
            guard quoted.pointee.flags & EndFlags.syn != 0,
                !SequenceNumber.isAfter(packet.pointee.sequence, quoted.pointee.sequenceEnd),
                other.pointee.flags & EndFlags.acknowledgment == 0
                    || !SequenceNumber.isBefore(packet.pointee.sequence, other.pointee.acknowledged &- 1)
            else { return .drop(.outOfWindow) }
        }
        packet.pointee.peerZone = quoted.pointee.zone
        return .forward
    }
}
