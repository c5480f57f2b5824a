import Inspection

/// Formats sessions for people: as rows of a table, or as a page.
enum SessionRendering {
    /// The table's column heads.
    static let columns: [TextTable.Column] = [
        .left("ID"), .left("PROTOCOL", spare: 2), .left("SOURCE"), .left("DESTINATION"), .left("CLASS", spare: 5),
        .left("STATE"), .left("RULE", spare: 4), .right("AGE", spare: 6), .right("IDLE"), .right("TIMEOUT", spare: 3),
        .right("BYTES >", spare: 8), .right("BYTES <", spare: 7),
    ]

    static func row(_ session: SessionView) -> [String] {
        [
            session.id, session.protocol, endpoint(session.source), endpoint(session.destination),
            trafficClass(session.trafficClass), state(session), session.rule,
            HumanText.duration(seconds: session.ageSeconds), HumanText.duration(seconds: session.idleSeconds),
            HumanText.setting(seconds: session.idleTimeoutSeconds), HumanText.bytes(session.bytes.toDestination),
            HumanText.bytes(session.bytes.toSource),
        ]
    }

    /// The column heads of sessions at risk.
    static let riskColumns: [TextTable.Column] = [
        .right("TIME LEFT"), .left("THEN"), .left("ID"), .left("SOURCE"), .left("DESTINATION"), .left("RULE", spare: 4),
        .right("IDLE"), .left("KEEP-ALIVE", spare: 3), .right("AGE", spare: 6),
    ]

    static func riskRow(_ session: SessionView) -> [String] {
        [
            HumanText.duration(seconds: session.timeLeftSeconds), session.onIdle, session.id, endpoint(session.source),
            endpoint(session.destination), session.rule, HumanText.duration(seconds: session.idleSeconds),
            session.keepAlive.source == nil && session.keepAlive.destination == nil ? "none seen" : "too rare",
            HumanText.duration(seconds: session.ageSeconds),
        ]
    }

    static func table(_ sessions: [SessionView]) -> TextTable {
        var table = TextTable(columns)
        for session in sessions { table.add(row(session)) }
        return table
    }

    /// All details of one session, one on each line.
    static func page(_ session: SessionView) -> String {
        var facts: [(String, String)] = [
            ("session", session.id),
            ("protocol", session.protocol),
            ("source", "\(endpoint(session.source)) (zone \(session.zones.source))"),
            ("destination", "\(endpoint(session.destination)) (zone \(session.zones.destination))"),
            ("direction", session.direction),
            ("traffic class", session.trafficClass),
            ("state", session.endReason == "none" ? session.state : "\(session.state) (\(session.endReason))"),
            ("rule", session.rule),
            ("instance", "\(session.instance)"),
            ("age", HumanText.duration(seconds: session.ageSeconds)),
            ("idle", HumanText.duration(seconds: session.idleSeconds)),
            ("idle timeout", "\(HumanText.setting(seconds: session.idleTimeoutSeconds)), then \(session.onIdle)"),
            ("to destination", tally(session.packets.toDestination, session.bytes.toDestination)),
            ("to source", tally(session.packets.toSource, session.bytes.toSource)),
            ("source position", position(session.positions.originator)),
            ("destination position", position(session.positions.responder)),
        ]
        if session.protocol == "tcp" {
            let ends = session.keepAlive
            let text = "source \(keepAlive(ends.source)), destination \(keepAlive(ends.destination))"
            facts.insert(("keep-alive", session.atRisk ? text + "; at risk" : text), at: 12)
        }
        if session.tcpAuthentication {
            facts.append(("authentication", "TCP-MD5 or TCP-AO: its ends do not accept a RST from the firewall"))
        }
        if session.groupRule != "none" { facts.insert(("group rule", session.groupRule), at: 8) }
        return aligned(facts)
    }

    /// A line of a trace: `2026-03-01T12:00:00.123Z  state          established: was synReceived`.
    static func line(_ event: SessionTraceEvent) -> String {
        let kind = event.kind.rawValue
        let padding = String(repeating: " ", count: max(0, 13 - kind.count))
        let text = "\(EventRendering.time(event.time))  \(kind)\(padding)  \(event.what)"
        guard event.kind == .positions || event.kind == .begin || event.kind == .end else { return text }
        let (packets, bytes) = (event.packets, event.bytes)
        return text
            + "  > \(position(event.positions.originator)), \(tally(packets.toDestination, bytes.toDestination))"
            + "  < \(position(event.positions.responder)), \(tally(packets.toSource, bytes.toSource))"
    }

    /// An address and port: `10.1.0.10:443`, `[2001:db8::1]:443`.
    static func endpoint(_ endpoint: SessionView.Endpoint) -> String {
        endpoint.address.contains(":")
            ? "[\(endpoint.address)]:\(endpoint.port)" : "\(endpoint.address):\(endpoint.port)"
    }

    /// Names and values in two aligned columns.
    static func aligned(_ facts: [(String, String)]) -> String {
        let width = facts.map(\.0.count).max() ?? 0
        return facts.map { name, value in
            name + String(repeating: " ", count: width - name.count + 2) + value + "\n"
        }.joined()
    }

    private static func trafficClass(_ name: String) -> String {
        switch name {
        case "northSouth": "N-S"
        case "eastWest": "E-W"
        default: name
        }
    }

    private static func state(_ session: SessionView) -> String {
        session.endReason == "none" ? session.state : "\(session.state) (\(session.endReason))"
    }

    private static func keepAlive(_ interval: SessionView.Interval?) -> String {
        guard let interval else { return "not seen" }
        guard let most = interval.mostSeconds else {
            return "after \(HumanText.duration(seconds: interval.leastSeconds)) or more"
        }
        return "within \(HumanText.duration(seconds: most))"
    }

    private static func tally(_ packets: UInt64, _ bytes: UInt64) -> String {
        "\(HumanText.count(packets)) packets, \(HumanText.bytes(bytes))"
    }

    private static func position(_ position: SessionView.Position) -> String {
        "sent up to \(position.sequenceEnd), acknowledged \(position.acknowledged)"
    }
}
