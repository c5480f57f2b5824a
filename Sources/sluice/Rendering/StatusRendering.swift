import FlowLog
import Inspection
import Kernel

/// Formats the state of a gateway on one screen.
enum StatusRendering {
    static func screen(
        _ status: GatewayStatus, version: BinaryVersion = .own, style: TextStyle = .plain
    ) -> String {
        var parts: [String] = []
        parts.append(headline(status.gateway, status.health, style: style))
        parts.append(SessionRendering.aligned(facts(status, version)))
        parts.append(zones(status).text(style: style))
        if !status.instances.isEmpty { parts.append(instances(status).text(style: style)) }
        parts.append(drops(status))
        return parts.joined(separator: "\n")
    }

    /// The health as a word, and each finding with its remedy.
    static func headline(_ gateway: String, _ health: GatewayHealth, style: TextStyle = .plain) -> String {
        var text = gateway.isEmpty ? "" : "gateway \(gateway): "
        text += "\(word(health.level, style: style))\n"
        for finding in health.findings {
            text += "  \(word(finding.level, style: style)): \(finding.reason)\n"
            text += "    next: \(finding.remedy)\n"
        }
        return text
    }

    private static func word(_ level: GatewayHealth.Level, style: TextStyle) -> String {
        switch level {
        case .healthy: style.good(level.rawValue)
        case .degraded: style.warning(level.rawValue)
        case .down: style.bad(level.rawValue)
        }
    }

    private static func facts(_ status: GatewayStatus, _ own: BinaryVersion) -> [(String, String)] {
        let sessions = status.sessions
        let classes = ["northSouth": "N-S", "eastWest": "E-W"]
        let byClass = classes.sorted { $0.value > $1.value }
            .map { "\(HumanText.count(sessions.byClass[$0.key] ?? 0)) \($0.value)" }.joined(separator: ", ")
        let byState = sessions.byState.filter { $0.value > 0 }.sorted { $0.key < $1.key }
            .map { "\(HumanText.count($0.value)) \($0.key)" }.joined(separator: ", ")
        var facts = [
            (
                "profile",
                "\(status.profile), continuity \(status.continuity)"
                    + (status.scaled ? ", time scale \(HumanText.decimal(status.timeScale, places: 3)) (scaled)" : "")
            ),
            (
                "sessions",
                "\(HumanText.count(sessions.count)) of \(HumanText.count(sessions.capacity)) "
                    + "(\(HumanText.percent(sessions.occupancy))): \(byClass)"
            ),
        ]
        if !byState.isEmpty { facts.append(("", byState)) }
        facts += [
            ("half-open", "\(HumanText.count(sessions.halfOpen)) of \(HumanText.count(sessions.halfOpenLimit))"),
            (
                "memory",
                "\(HumanText.bytes(status.memory.totalBytes)), "
                    + "\(HumanText.decimal(status.memory.bytesPerSession, places: 1)) bytes a session"
            ),
            ("fleet", FleetRendering.summary(status.fleet)),
            ("policy", "\(status.policy.rules) rules, image \(status.policy.activeImage)"),
        ]
        facts += timeouts(status)
        facts += [
            (
                "controller",
                status.controller.running ? "process \(status.controller.processIdentifier)" : "not running"
            ),
            ("version", version(status, own)),
            ("guard", status.guardInstalled ? "installed" : "not installed"),
        ]
        if status.leavesToKernel {
            facts.append(("IPsec", "there are policies: every packet takes the kernel's own, slower forwarding"))
        }
        facts += forwarding(status)
        if let log = status.flowLog {
            let omitted = log.omitted
            facts.append(
                (
                    "flow log",
                    "\(log.problem == nil ? "written" : "not written"), \(HumanText.count(log.written)) entries, left out: "
                        + "\(HumanText.count(omitted.denies)) denies, \(HumanText.count(omitted.events)) events, "
                        + "\(HumanText.count(omitted.entries)) entries"
                ))
        }
        return facts
    }

    /// The running version; and the version of this command, if it differs.
    private static func version(_ status: GatewayStatus, _ own: BinaryVersion) -> String {
        guard let running = status.controller.version, running != own else { return "\(own)" }
        return "\(running) (this command: \(own))"
    }

    /// A line for each kind of timeout, so that scaled values also fit.
    private static func timeouts(_ status: GatewayStatus) -> [(String, String)] {
        let kinds = [
            ("idle timeouts", ["northSouthIdle", "eastWestIdle"]),
            ("tcp timeouts", ["halfOpen", "closing", "closed", "tombstone"]),
            ("other timeouts", ["udp", "icmp", "other"]),
        ]
        return kinds.map { kind, names in
            let values = names.compactMap { name in
                status.timeouts[name].map { "\(name) \(timeout($0, isScaled: status.scaled))" }
            }
            return (kind, values.joined(separator: ", "))
        }
    }

    private static func timeout(_ timeout: GatewayStatus.Timeout, isScaled: Bool) -> String {
        let effective = HumanText.setting(seconds: timeout.effectiveSeconds)
        return isScaled
            ? "\(effective) (scaled from \(HumanText.setting(seconds: timeout.configuredSeconds)))" : effective
    }

    private static func forwarding(_ status: GatewayStatus) -> [(String, String)] {
        let counter = { (name: String) in status.counters[name] ?? 0 }
        return [
            (
                "forwarded",
                "\(HumanText.count(counter("forwardedPackets"))) packets, \(HumanText.bytes(counter("forwardedBytes"))), "
                    + "\(HumanText.count(counter("sessionsBegun"))) sessions begun"
            )
        ]
    }

    private static func zones(_ status: GatewayStatus) -> TextTable {
        var table = TextTable([.left("ZONE"), .left("INTERFACE"), .left("DATAPATH"), .right("MTU")])
        for zone in status.zones {
            for interface in zone.interfaces {
                let datapath =
                    !interface.present ? "no such interface" : interface.attached ? "attached" : "not attached"
                table.add([zone.name, interface.name, datapath, interface.present ? "\(interface.mtu)" : "-"])
            }
        }
        return table
    }

    private static func instances(_ status: GatewayStatus) -> TextTable {
        var table = TextTable([
            .right("INSTANCE"), .left("STATE"), .right("PROCESS", spare: 3), .right("HEARTBEAT", spare: 2),
            .right("UPTIME", spare: 5), .right("SESSIONS"), .right("BEGUN", spare: 1), .right("ENDED", spare: 1),
            .right("EXPIRED", spare: 4), .right("RESETS", spare: 1), .right("AGEING", spare: 6),
        ])
        for instance in status.instances {
            table.add([
                "\(instance.identifier)",
                status.fleet.instances.first { $0.identifier == instance.identifier }?.state ?? "unknown",
                instance.running ? "\(instance.processIdentifier)" : "gone",
                HumanText.duration(seconds: instance.heartbeatAgeSeconds) + " ago",
                HumanText.duration(seconds: instance.uptimeSeconds), HumanText.count(instance.sessions),
                HumanText.count(instance.begins), HumanText.count(instance.ends),
                HumanText.count(instance.expired), HumanText.count(instance.resetsSent),
                HumanText.percent(instance.scanShare),
            ])
        }
        return table
    }

    private static func drops(_ status: GatewayStatus) -> String {
        let dropped = status.drops.filter { $0.value > 0 }.sorted { $0.key < $1.key }
        guard !dropped.isEmpty else { return "dropped: nothing\n" }
        return "dropped: " + dropped.map { "\($0.key) \(HumanText.count($0.value))" }.joined(separator: ", ") + "\n"
    }
}
