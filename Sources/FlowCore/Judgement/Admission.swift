package import FlowLayout

/// Decides whether a packet without a session begins one, and begins it (SESS-1, SESS-9).
package enum Admission {
    @inline(__always)
    package static func admit<T: Tables>(
        _ packet: UnsafeMutablePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>, now: UInt32, _ tables: T
    ) -> Verdict {
        guard let runtime = tables.runtime else { return .drop(.denied) }
        var question = question(packet)
        question.sourceZone = packet.pointee.zone
        question.destinationZone = route.pointee.zone
        if route.pointee.kind == RouteKind.host.rawValue {
            return admitToHost(packet, runtime, &question, tables)
        }
        if packet.pointee.kind == PacketKind.laterFragment.rawValue { return .drop(.fragment) }
        if packet.pointee.kind == PacketKind.icmpOther.rawValue { return .drop(.unsupported) }
        guard SessionTracker.beginsSession(packet) else {
            let mayAnswer =
                runtime.pointee.resetWithoutSession != 0 && packet.pointee.kind == PacketKind.tcp.rawValue
                && packet.pointee.tcpFlags & TCPFlags.rst == 0
                && packet.pointee.flags & PacketFlags.firstFragment == 0
            return mayAnswer ? .answerReset(.noSession) : .drop(.noSession)
        }
        guard mayBeForwarded(question) else { return .drop(.unsupported) }
        // The source belongs to another zone, so it is forged. Rules and the traffic class depend on the source (RFC
        // 2827).
        guard route.pointee.sourceZone == packet.pointee.zone else { return .drop(.wrongZone) }
        let isAllowed = tables.classify(&question) && question.allowed != 0
        guard isAllowed else {
            if runtime.pointee.reportsEvents != 0 && tables.mayEmitDeny(now: now) {
                tables.emitEvent(
                    .deny, reason: DropReason.denied.rawValue, packet, route, &question, sluice_flow_value())
            }
            return .drop(.denied)
        }
        if route.pointee.kind == RouteKind.unreachable.rawValue { return .unroutable }
        guard route.pointee.zone != 0 else { return .drop(.noRoute) }
        packet.pointee.peerZone = route.pointee.zone
        return begin(packet, route, runtime, &question, now, tables)
    }

    /// The host rules judge packets for the gateway itself. These have no sessions.
    @inline(__always)
    private static func admitToHost<T: Tables>(
        _ packet: UnsafePointer<sluice_packet>, _ runtime: UnsafeMutablePointer<sluice_runtime>,
        _ question: inout sluice_classification, _ tables: T
    ) -> Verdict {
        if packet.pointee.flags & PacketFlags.neighbourDiscovery != 0 { return .host }
        // The datagram is never reassembled without its first fragment, which the host rules have judged.
        if packet.pointee.kind == PacketKind.laterFragment.rawValue { return .host }
        let isEcho =
            packet.pointee.kind == PacketKind.echoRequest.rawValue
            || packet.pointee.kind == PacketKind.echoReply.rawValue
        if isEcho && runtime.pointee.hostPing != 0 { return .host }
        question.forHost = 1
        return tables.classify(&question) && question.allowed != 0 ? .host : .drop(.hostDenied)
    }

    @inline(__always)
    private static func question(_ packet: UnsafePointer<sluice_packet>) -> sluice_classification {
        let sourceIsLow = packet.pointee.flags & PacketFlags.sourceIsLow != 0
        var question = sluice_classification()
        question.source = packet.pointee.key.source(isLow: sourceIsLow)
        question.destination = packet.pointee.key.destination(sourceIsLow: sourceIsLow)
        question.sourcePort = packet.pointee.key.sourcePort(isLow: sourceIsLow)
        question.destinationPort = packet.pointee.key.destinationPort(sourceIsLow: sourceIsLow)
        question.protocol = packet.pointee.key.protocol
        question.family = packet.pointee.key.family
        return question
    }

    /// Whether a router may forward between these addresses: none of them is loopback, unspecified, multicast or
    /// link-local (RFC 1812, 5.3.7; RFC 4291, 2.5).
    @inline(__always)
    private static func mayBeForwarded(_ question: sluice_classification) -> Bool {
        if question.family == 4 {
            let first = question.source.ipv4 >> 24
            let firstOfDestination = question.destination.ipv4 >> 24
            return first != 0 && first != 127 && first < 224 && firstOfDestination != 0 && firstOfDestination != 127
                && firstOfDestination < 224
        }
        return isForwardable(question.source) && isForwardable(question.destination)
    }

    @inline(__always)
    private static func isForwardable(_ address: sluice_address) -> Bool {
        let top = address.high >> 48
        return top & 0xFF00 != 0xFF00 && top & 0xFFC0 != 0xFE80 && !(address.high == 0 && address.low <= 1)
    }

    @inline(__always)
    private static func begin<T: Tables>(
        _ packet: UnsafeMutablePointer<sluice_packet>, _ route: UnsafePointer<sluice_route>,
        _ runtime: UnsafeMutablePointer<sluice_runtime>, _ question: inout sluice_classification, _ now: UInt32,
        _ tables: T
    ) -> Verdict {
        let isTCP = packet.pointee.kind == PacketKind.tcp.rawValue
        let halfOpen = isTCP ? tables.askHalfOpen(packet, now: now) : HalfOpenSessions.Answer(source: 0)
        if let reason = halfOpen.refusal { return .drop(reason) }
        let key = UnsafeRawPointer(packet).assumingMemoryBound(to: sluice_session_key.self)
        let hash = tables.keyHash(of: key)
        guard let slot = tables.takeSlot(hash: hash), let session = tables.session(slot), let word = tables.word(slot)
        else { return .drop(.capacity) }
        // Prefetches the slot's memory together with the word: a load after the exchange is not issued before the
        // exchange is done.
        let lines = UnsafeMutableRawPointer(session).assumingMemoryBound(to: UInt64.self)
        _ = sluice_load64(lines)
        _ = sluice_load64(lines + 8)
        // From here on the slot belongs to this packet only. But a processor that stalled after it took the slot may
        // find that the slot was considered lost and now belongs to another session.
        let free = ControlWord(rawValue: sluice_load64(word))
        let beginning = free.with(state: .beginning, tick: now)
        guard free.isState(.free), exchange(word, free, beginning) else { return .drop(.capacity) }
        let isEastWest = question.sourceIsInternal != 0 && question.destinationIsInternal != 0
        let generation = free.generation
        let treatment = question.treatment
        fill(session, packet, route, &question, isTCP: isTCP, isEastWest: isEastWest, now)
        if isTCP && tables.onIdle(treatment) == OnIdle.probe.rawValue {
            session.pointee.flags |= SessionFlags.keepsTimestamps
        }
        let control = ControlWord(
            tick: now, state: isTCP ? .synSent : .established, treatment: treatment, generation: generation)
        let value = sluice_flow_value(slot: slot, generation: UInt32(generation))
        // Only a session in the index is real, so a slot that never became a session is never reported (LOG-2).
        guard enter(key, hash, slot, tables), exchange(word, beginning, control) else {
            // Another processor began the same session at the same moment: the packet belongs to that session. The
            // owner releases the slot.
            _ = exchange(word, beginning, beginning.with(state: .abandoned, tick: now))
            guard let winner = tables.findFlow(key) else { return .drop(.capacity) }
            packet.pointee.slot = winner.slot
            return .forward
        }
        packet.pointee.slot = slot
        if isTCP { tables.noteHalfOpenBegan(slot: slot, source: halfOpen.source, now: now) }
        tables.countBegun(SessionKind(treatment: treatment))
        if runtime.pointee.reportsEvents != 0 { tables.emitEvent(.begin, reason: 0, packet, route, &question, value) }
        if packet.pointee.flags & PacketFlags.firstFragment != 0 {
            tables.rememberFragment(packet, value, isOriginator: true, now: now)
        }
        return .forward
    }

    /// Enters the key of a filled slot. Two processors that enter the same key may both withdraw (``FlowIndex``). Then
    /// this one tries once more.
    @inline(__always)
    private static func enter<T: Tables>(
        _ key: UnsafePointer<sluice_session_key>, _ hash: UInt64, _ slot: UInt32, _ tables: T
    ) -> Bool {
        tables.insertFlow(key, hash: hash, slot: slot)
            || (tables.findFlow(key) == nil && tables.insertFlow(key, hash: hash, slot: slot))
    }

    @inline(__always)
    private static func exchange(
        _ word: UnsafeMutablePointer<UInt64>, _ expected: ControlWord, _ desired: ControlWord
    ) -> Bool {
        sluice_compare_exchange64(word, expected.rawValue, desired.rawValue) == expected.rawValue
    }

    @inline(__always)
    static func sessionFlags(
        _ packet: UnsafePointer<sluice_packet>, _ question: UnsafePointer<sluice_classification>, isEastWest: Bool
    ) -> UInt8 {
        var flags: UInt8 = 0
        if packet.pointee.flags & PacketFlags.sourceIsLow != 0 { flags |= SessionFlags.originatorIsLow }
        if isEastWest { flags |= SessionFlags.eastWest }
        if question.pointee.sourceIsInternal == 0 && question.pointee.destinationIsInternal != 0 {
            flags |= SessionFlags.inbound
        }
        if packet.pointee.flags & PacketFlags.firstFragment != 0 { flags |= SessionFlags.fragmented }
        if packet.pointee.flags & PacketFlags.signed != 0 { flags |= SessionFlags.signed }
        return flags
    }

    @inline(__always)
    private static func fill(
        _ session: UnsafeMutablePointer<sluice_session>, _ packet: UnsafePointer<sluice_packet>,
        _ route: UnsafePointer<sluice_route>, _ question: UnsafePointer<sluice_classification>, isTCP: Bool,
        isEastWest: Bool, _ now: UInt32
    ) {
        session.pointee.key = packet.pointee.key
        session.pointee.originator = sluice_flow_end()
        session.pointee.responder = sluice_flow_end()
        session.pointee.originator.zone = packet.pointee.zone
        session.pointee.responder.zone = route.pointee.zone
        session.pointee.originator.groupRulePart = UInt8(truncatingIfNeeded: question.pointee.groupRule)
        session.pointee.responder.groupRulePart = UInt8(truncatingIfNeeded: question.pointee.groupRule >> 8)
        session.pointee.originator.packets = UInt64(packet.pointee.wirePackets)
        session.pointee.originator.bytes = UInt64(packet.pointee.wireBytes)
        session.pointee.createdTick = now
        session.pointee.rule = question.pointee.rule
        session.pointee.flags = sessionFlags(packet, question, isEastWest: isEastWest)
        session.pointee.endReason = EndReason.none.rawValue
        guard isTCP else { return }
        let memory = UnsafeMutableRawPointer(session) + MemoryLayout<sluice_session_key>.size
        memory.assumingMemoryBound(to: sluice_flow_end.self).noteSyn(packet)
    }
}
