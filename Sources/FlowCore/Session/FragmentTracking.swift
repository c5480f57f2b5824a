package import FlowLayout

/// Later fragments follow their first one (SESS-8).
package enum FragmentTracking {
    @inline(__always)
    private static func key(_ packet: UnsafePointer<sluice_packet>) -> sluice_fragment_key {
        let sourceIsLow = packet.pointee.flags & PacketFlags.sourceIsLow != 0
        var key = sluice_fragment_key()
        key.source = packet.pointee.key.source(isLow: sourceIsLow)
        key.destination = packet.pointee.key.destination(sourceIsLow: sourceIsLow)
        key.identification = packet.pointee.identification
        key.protocol = packet.pointee.key.protocol
        key.zone = packet.pointee.zone
        return key
    }

    /// Notes that the first fragment of a datagram was forwarded.
    @inline(__always)
    package static func remember<T: Tables>(
        _ packet: UnsafePointer<sluice_packet>, _ flow: sluice_flow_value, _ isOriginator: Bool, _ now: UInt32,
        _ tables: T
    ) {
        var key = key(packet)
        var value = sluice_fragment_value()
        value.slot = flow.slot
        value.generation = flow.generation
        value.tick = now
        value.sequenceBase = packet.pointee.sequence &- UInt32(packet.pointee.tcpHeaderLength)
        value.fromOriginator = isOriginator ? 1 : 0
        tables.insertFragment(&key, &value)
    }

    /// Judges a later fragment: forwarded, and counted, when its first one was, not long ago; else `noSessionYet`.
    @inline(__always)
    package static func follow<T: Tables>(
        _ packet: UnsafeMutablePointer<sluice_packet>, now: UInt32, _ tables: T
    ) -> Verdict {
        var key = key(packet)
        guard let first = tables.fragment(&key), let runtime = tables.runtime,
            now &- first.tick <= runtime.pointee.fragmentTimeoutTicks,
            let session = tables.session(first.slot), let word = tables.word(first.slot)
        else { return .noSessionYet }
        let current = ControlWord(rawValue: sluice_load64(word))
        packet.pointee.slot = first.slot
        guard UInt32(current.generation) == first.generation & 0xFFFF, let state = current.state else {
            return .noSessionYet
        }
        switch state {
        case .synSent, .synReceived, .established, .closing, .closed:
            break
        case .free, .resetting, .ending, .ended, .beginning, .abandoned:
            return .noSessionYet
        }
        let memory = UnsafeMutableRawPointer(session)
        let offset =
            first.fromOriginator != 0
            ? MemoryLayout<sluice_session_key>.size
            : MemoryLayout<sluice_session_key>.size + MemoryLayout<sluice_flow_end>.size
        let sender = (memory + offset).assumingMemoryBound(to: sluice_flow_end.self)
        if packet.pointee.key.protocol == IPProtocol.tcp {
            let end =
                first.sequenceBase &+ UInt32(packet.pointee.fragmentOffset) &+ packet.pointee.payloadLength
            sender.noteSent(upTo: end)
        }
        sender.count(packet)
        packet.pointee.peerZone =
            first.fromOriginator != 0 ? session.pointee.responder.zone : session.pointee.originator.zone
        return .forward
    }
}
