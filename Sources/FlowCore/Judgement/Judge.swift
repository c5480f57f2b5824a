package import FlowLayout

/// The whole judgement of a packet. The kernel program does it step by step; processes call it as one function.
package enum Judge {
    /// Judges a frame.
    ///
    /// - Parameters:
    ///   - zone: the zone where it came in.
    ///   - route: where it would go. Read only if the packet has no session.
    ///   - packet: zeroed memory, for the parser's results.
    @inline(__always)
    package static func judge<Bytes: PacketBytes, T: Tables>(
        _ bytes: Bytes, linkHeaderLength: UInt32, etherType: UInt16, zone: UInt8, route: UnsafePointer<sluice_route>,
        now: UInt32, packet: UnsafeMutablePointer<sluice_packet>, _ tables: T
    ) -> Verdict {
        packet.pointee.zone = zone
        let parsed = PacketParser.parse(
            bytes, linkHeaderLength: linkHeaderLength, etherType: etherType, into: packet)
        guard parsed.isAction(.parsed) else { return parsed }
        let known = followSession(packet, now: now, tables)
        if packet.pointee.flags & PacketFlags.keepsTimestamps != 0 {
            TimestampTracking.noteTimestamp(bytes, packet, tables)
        }
        guard known.isAction(.noSessionYet) else { return known }
        return Admission.admit(packet, route, now: now, tables)
    }

    /// Judges a parsed packet by its session. `noSessionYet` if it has none.
    @inline(__always)
    package static func followSession<T: Tables>(
        _ packet: UnsafeMutablePointer<sluice_packet>, now: UInt32, _ tables: T
    ) -> Verdict {
        switch packet.pointee.kind {
        case PacketKind.laterFragment.rawValue:
            return tables.followFragment(packet, now: now)
        case PacketKind.icmpOther.rawValue:
            return .noSessionYet
        case PacketKind.icmpError.rawValue where packet.pointee.fragmentOffset != 0:
            return tables.followFragment(packet, now: now)
        default:
            guard let flow = tables.findFlow(keyPointer(packet)) else { return .noSessionYet }
            packet.pointee.slot = flow.slot
            return SessionTracker.track(packet, at: flow, now: now, tables)
        }
    }

    /// The key is the first field of the packet, so a lookup needs no copy of it.
    @inline(__always)
    package static func keyPointer(_ packet: UnsafeMutablePointer<sluice_packet>) -> UnsafePointer<sluice_session_key> {
        UnsafePointer(UnsafeMutableRawPointer(packet).assumingMemoryBound(to: sluice_session_key.self))
    }
}
