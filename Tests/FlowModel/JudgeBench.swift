package import FlowCore
package import FlowLayout

/// Where and when a frame arrives, and where its route leads.
package struct Circumstances {
    package var zone: UInt8
    package var routeKind: RouteKind
    package var routeZone: UInt8
    package var sourceZone: UInt8
    package var now: UInt32
    package var segmentSize: UInt32

    package init(
        zone: UInt8 = 1, routeKind: RouteKind = .forward, routeZone: UInt8 = 2, sourceZone: UInt8? = nil,
        now: UInt32 = 0, segmentSize: UInt32 = 0
    ) {
        self.zone = zone
        self.routeKind = routeKind
        self.routeZone = routeZone
        self.sourceZone = sourceZone ?? zone
        self.now = now
        self.segmentSize = segmentSize
    }
}

/// Something that judges frames: FlowCore in a process, or the kernel program.
package protocol JudgeBench {
    func judge(_ frame: [UInt8], _ circumstances: Circumstances) -> Verdict
    /// The session of a key, with its control word.
    func session(_ key: sluice_session_key) -> (sluice_session, ControlWord)?
    /// The slot of a key's session.
    func slot(_ key: sluice_session_key) -> UInt32?
    /// Puts a session into another state, as its owner would.
    func transition(_ key: sluice_session_key, to state: SessionState, tick: UInt32)
}

/// FlowCore on ``ModelTables``.
package struct ModelBench: JudgeBench {
    package let tables: ModelTables

    package init(_ tables: ModelTables = ModelTables()) { self.tables = tables }

    package func judge(_ frame: [UInt8], _ circumstances: Circumstances) -> Verdict {
        var packet = sluice_packet()
        return judge(frame, circumstances, &packet)
    }

    package func judge(
        _ frame: [UInt8], _ circumstances: Circumstances, _ packet: inout sluice_packet
    ) -> Verdict {
        var route = sluice_route()
        route.kind = circumstances.routeKind.rawValue
        route.zone = circumstances.routeZone
        route.sourceZone = circumstances.sourceZone
        guard frame.count >= 14 else { return .drop(.malformed) }
        let etherType = UInt16(frame[12]) << 8 | UInt16(frame[13])
        return Judge.judge(
            FrameBytes(frame, segmentSize: circumstances.segmentSize), linkHeaderLength: 14, etherType: etherType,
            zone: circumstances.zone, route: &route, now: circumstances.now, packet: &packet, tables)
    }

    package func session(_ key: sluice_session_key) -> (sluice_session, ControlWord)? {
        var key = key
        guard let flow = tables.findFlow(&key) else { return nil }
        return (tables.table.sessions[Int(flow.slot)], ControlWord(rawValue: tables.table.words[Int(flow.slot)]))
    }

    package func slot(_ key: sluice_session_key) -> UInt32? {
        var key = key
        return tables.findFlow(&key)?.slot
    }

    package func transition(_ key: sluice_session_key, to state: SessionState, tick: UInt32) {
        var key = key
        guard let flow = tables.findFlow(&key) else { return }
        let word = ControlWord(rawValue: tables.table.words[Int(flow.slot)])
        tables.table.words[Int(flow.slot)] = word.with(state: state, tick: tick).rawValue
    }
}
