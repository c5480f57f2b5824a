import FlowLog
import Kernel

/// Derives the health of a gateway from its status. Pure: the same status has the same health.
package enum HealthRules {
    /// An instance whose heartbeat is older than this is unresponsive (RECOV-1).
    package static let heartbeatLimitSeconds = 5.0
    /// From this occupancy on, operators should act. Half-open timeouts already shrink from 60 % on (SESS-9).
    package static let occupancyLimit = 0.9

    /// The controller reports it every 5 s.
    package static let networkAgeLimitSeconds = 20.0

    package static func assess(_ status: GatewayStatus) -> GatewayHealth {
        var findings: [GatewayHealth.Finding] = []
        findings += interfaces(status)
        findings += sight(status)
        findings += protection(status)
        findings += processes(status)
        findings += table(status)
        findings += status.recent.map(TrafficHealth.findings) ?? []
        if let problem = status.flowLog?.problem {
            let parts = problem.split(separator: ": ")
            findings.append(
                .init(
                    level: .degraded, reason: parts.dropLast().joined(separator: ": "),
                    remedy: "\(parts.last ?? ""); the log then continues without a restart"))
        }
        return GatewayHealth(findings: findings)
    }

    /// The health of a gateway of which nothing can be read.
    package static func unreadable(_ error: InspectionError) -> GatewayHealth {
        let lines = "\(error)".split(separator: "\n", maxSplits: 1).map(String.init)
        let remedy =
            lines.count > 1 ? lines[1].replacing("next: ", with: "") : "see what this machine lacks: sluice doctor"
        return GatewayHealth(findings: [.init(level: .down, reason: lines.first ?? "", remedy: remedy)])
    }

    private static func interfaces(_ status: GatewayStatus) -> [GatewayHealth.Finding] {
        let all = status.zones.flatMap { zone in zone.interfaces.map { (zone: zone.name, interface: $0) } }
        let noneAttached = !all.contains { $0.interface.attached }
        return all.filter { !$0.interface.attached }.map { zone, interface in
            let level: GatewayHealth.Level = noneAttached ? .down : .degraded
            return interface.present
                ? .init(
                    level: level,
                    reason:
                        "zone \(zone): the datapath is not attached to \(interface.name), so nothing from it is forwarded",
                    remedy: "attach it again: sluice reload, or restart sluice run")
                : .init(
                    level: level, reason: "zone \(zone): the interface \(interface.name) does not exist",
                    remedy: "create it (ip link show), or remove it from the zone's interfaces; then: sluice reload")
        }
    }

    /// Data that another process has recorded may be outdated.
    private static func sight(_ status: GatewayStatus) -> [GatewayHealth.Finding] {
        guard status.networkAgeSeconds >= networkAgeLimitSeconds, status.controller.running else { return [] }
        return [
            .init(
                level: .degraded,
                reason:
                    "the controller last reported the interfaces to the API \(Int(status.networkAgeSeconds)) s ago",
                remedy: "ask the gateway itself: sluice status")
        ]
    }

    private static func protection(_ status: GatewayStatus) -> [GatewayHealth.Finding] {
        guard !status.guardInstalled else { return [] }
        return [
            .init(
                level: .degraded,
                reason: "the guard is not installed: without the datapath, the kernel would forward unfiltered",
                remedy: "install it again: sluice reload, or restart sluice run")
        ]
    }

    private static func processes(_ status: GatewayStatus) -> [GatewayHealth.Finding] {
        var findings: [GatewayHealth.Finding] = []
        if !status.controller.running {
            findings.append(
                .init(
                    level: .degraded, reason: "the controller is not running: nothing can be changed or replaced",
                    remedy: "start it, it takes over the running gateway: sluice run --config FILE"))
        }
        findings += status.controller.problems.map {
            let (reason, next) = ProblemText.split($0)
            return .init(level: .degraded, reason: reason, remedy: next ?? "correct it, then: sluice reload")
        }
        if status.instances.isEmpty {
            findings.append(
                .init(
                    level: .degraded, reason: "no instance serves: no idle session expires, and no session is logged",
                    remedy: "the controller starts one: sluice run --config FILE"))
        }
        if !status.instances.isEmpty, status.fleet.serving < status.fleet.minCapacity {
            findings.append(
                .init(
                    level: .degraded,
                    reason: "\(status.fleet.serving) instances serve, and at least \(status.fleet.minCapacity) should",
                    remedy: "the controller starts others; if it does not, see why: sluice event list"))
        }
        // An instance that is being renewed has no process for a moment.
        for instance in status.instances where instance.identifier != status.fleet.renewal?.current {
            if !instance.running {
                findings.append(
                    .init(
                        level: .degraded,
                        reason: "instance \(instance.identifier) is not running: its sessions do not age",
                        remedy: "the controller replaces it; if it does not: sluice run --config FILE"))
            } else if instance.heartbeatAgeSeconds > heartbeatLimitSeconds {
                findings.append(
                    .init(
                        level: .degraded,
                        reason:
                            "instance \(instance.identifier) (process \(instance.processIdentifier)) is unresponsive: "
                            + "its last heartbeat is \(Int(instance.heartbeatAgeSeconds)) s old",
                        remedy: "end it, the controller starts another: kill \(instance.processIdentifier)"))
            }
        }
        return findings
    }

    private static func table(_ status: GatewayStatus) -> [GatewayHealth.Finding] {
        var findings: [GatewayHealth.Finding] = []
        let sessions = status.sessions
        if sessions.count >= sessions.capacity {
            findings.append(
                .init(
                    level: .degraded, reason: "the session table is full: new sessions are refused",
                    remedy:
                        "raise capacity.sessions and restart, or reset sessions that are not needed: sluice session reset"
                ))
        } else if sessions.occupancy >= occupancyLimit {
            findings.append(
                .init(
                    level: .degraded, reason: "the session table is \(Int(sessions.occupancy * 100)) % full",
                    remedy: "raise capacity.sessions and restart, or see which sources fill it: sluice session list"))
        }
        if sessions.halfOpenLimit > 0, sessions.halfOpen >= sessions.halfOpenLimit {
            findings.append(
                .init(
                    level: .degraded,
                    reason:
                        "half-open sessions have used up their share of the table: a SYN flood, or a server that does not answer",
                    remedy: "see where they come from: sluice session list --state synSent"))
        }
        return findings
    }
}
