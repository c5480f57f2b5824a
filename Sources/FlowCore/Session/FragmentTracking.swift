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
        // In IPv4, two protocols may use the same identification (RFC 791, 2.3). In IPv6 (RFC 8200, 4.5) a later
        // fragment may not even show the protocol, if extension headers are fragmented too.
        key.protocol = packet.pointee.key.family == 4 ? packet.pointee.key.protocol : 0
        return key
    }

    /// Records that the first fragment of a datagram was forwarded.
    @inline(__always)
    package static func rememberFragment<T: Tables>(
        _ packet: UnsafePointer<sluice_packet>, _ flow: sluice_flow_value, _ isOriginator: Bool, _ now: UInt32,
        _ tables: T
    ) {
        var key = key(packet)
        var value = sluice_fragment_value()
        value.slot = flow.slot
        value.generation = flow.generation
        value.tick = now
        value.sequenceBase =
            packet.pointee.sequence &- UInt32(packet.pointee.tcpHeaderLength)
            &- UInt32(packet.pointee.fragmentedHeaders)
        value.fromOriginator = isOriginator ? 1 : 0
        tables.insertFragment(&key, &value)
    }

    /// Judges a later fragment, or an ICMP error that quotes one, by where the first fragment recently went.
    /// `noSessionYet` if that is not known.
    ///
    /// A fragment is forwarded and counted. An error goes to the fragment's sender, if it comes from the zone of the
    /// other end. The error does not show which bytes were in flight.
    @inline(__always)
    package static func followFragment<T: Tables>(
        _ packet: UnsafeMutablePointer<sluice_packet>, now: UInt32, _ tables: T
    ) -> Verdict {
        var key = key(packet)
        guard let first = tables.fragment(&key), let runtime = tables.runtime,
            now &- first.tick <= runtime.pointee.fragmentTimeoutTicks,
            let session = tables.session(first.slot), let word = tables.word(first.slot)
        else { return .noSessionYet }
        let current = ControlWord(rawValue: sluice_load64(word))
        guard UInt32(current.generation) == first.generation & 0xFFFF, current.isLive else { return .noSessionYet }
        packet.pointee.slot = first.slot
        let isError = packet.pointee.kind == PacketKind.icmpError.rawValue
        // The end that the packet comes from: the fragment's sender, or for an error the other end.
        let isOriginator = (first.fromOriginator != 0) != isError
        let ends = UnsafeMutableRawPointer(session) + MemoryLayout<sluice_session_key>.size
        let end = (ends + (isOriginator ? 0 : MemoryLayout<sluice_flow_end>.size))
            .assumingMemoryBound(to: sluice_flow_end.self)
        if isError {
            guard end.pointee.zone == packet.pointee.zone else { return .drop(.wrongZone) }
            packet.pointee.peerZone =
                first.fromOriginator != 0 ? session.pointee.originator.zone : session.pointee.responder.zone
            return .forward
        }
        // The first fragment came in by another zone, so this one has no session here.
        guard end.pointee.zone == packet.pointee.zone else { return .noSessionYet }
        if session.pointee.key.protocol == IPProtocol.tcp {
            let sent = first.sequenceBase &+ UInt32(packet.pointee.fragmentOffset) &+ packet.pointee.payloadLength
            end.noteSent(upTo: sent)
        }
        end.count(packet)
        packet.pointee.isAnswer = isOriginator ? 0 : 1
        packet.pointee.peerZone =
            first.fromOriginator != 0 ? session.pointee.responder.zone : session.pointee.originator.zone
        return .forward
    }
}
