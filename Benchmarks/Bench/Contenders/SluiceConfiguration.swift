import Lab

/// The differences between the gateways that run Sluice.
struct SluiceSettings {
    let rules: [BenchRule]
    let capacitySessions: Int
    /// When idle sessions end; TCP sessions are reset. nil: they stay during the run, and end without a RST.
    var idleSeconds: Int?
    /// The fixed number of instances. If the fleet grew during a row, the new processes would not be measured.
    var instances = 2
    /// Whether other instances take over the sessions of an instance that leaves.
    var preservesSessions = false
    /// Whether groups with the same rules apply to traffic out of the client's zone and into the service's zone.
    var hasGroups = false
    /// Maximum concurrent event streams of the HTTP API; nil: there is no API.
    var streams: Int?
}

/// `sluice.yaml` of a contender. Half-open sessions expire after two seconds, so that every round finds an empty table.
/// A drain refuses for five seconds only, and resets for the documented time.
enum SluiceConfiguration {
    static let halfOpenSeconds = 2

    static func text(gateway: String, _ settings: SluiceSettings) -> String {
        let zones = LabZone.allCases.map { zone in
            let direction = zone == .internet ? "Inbound" : "Outbound"
            let group = settings.hasGroups ? ", networkSecurityGroup: \(direction)" : ""
            return "  - { name: \(zone.rawValue), interfaces: [\(zone.gatewayInterface)]\(group) }"
        }
        let idleTimeout = settings.idleSeconds.map { "\($0)s" } ?? "4h"
        let lines = settings.rules.enumerated().map { index, rule in
            let prefixes = (
                source: [rule.source] + (rule.sixes.map { [$0.source] } ?? []),
                destination: [rule.destination] + (rule.sixes.map { [$0.destination] } ?? [])
            )
            return "  - { name: rule-\(index), priority: \(100 + index), access: Allow, protocol: \"*\", "
                + "source: \(prefixes.source), destination: \(prefixes.destination), "
                + "destinationPorts: [\(rule.ports.lowerBound)-\(rule.ports.upperBound)], idleTimeout: \(idleTimeout), "
                + "onIdle: \(settings.idleSeconds == nil ? "silent" : "reset") }"
        }
        return """
            gateway: \(gateway)
            profile: custom
            halfOpenTimeout: \(halfOpenSeconds)s
            capacity: { sessions: \(settings.capacitySessions) }
            fleet: { minCapacity: \(settings.instances), maxCapacity: \(settings.instances) }
            continuity: \(settings.preservesSessions ? "preserve" : "disruptive")
            drain: { refuse: 5s, reset: 45s }
            stateDirectory: /var/lib/sluice-lab/\(gateway)/state
            \(settings.streams.map(api) ?? "")
            zones:
            \(zones.joined(separator: "\n"))
            \(settings.hasGroups ? groups(settings.rules) : "")
            rules:
            \(lines.joined(separator: "\n"))

            """
    }

    private static func api(streams: Int) -> String {
        "api: { listen: \(HTTPRequests.host), limits: { requestsPerSecond: 100000, streams: \(streams), "
            + "connections: \(streams + 100) } }"
    }

    /// One group for each direction, because a group can have at most 1,000 rules. Their rules equal the gateway's own.
    private static func groups(_ rules: [BenchRule]) -> String {
        var lines = ["networkSecurityGroups:"]
        for direction in ["Inbound", "Outbound"] {
            lines += ["  - name: \(direction)", "    securityRules:"]
            for (index, rule) in rules.enumerated() {
                lines.append(
                    "      - { name: rule-\(index), priority: \(100 + index), direction: \(direction), access: Allow, "
                        + "protocol: Tcp, sourceAddressPrefix: \"\(rule.source)\", sourcePortRange: \"*\", "
                        + "destinationAddressPrefix: \"\(rule.destination)\", "
                        + "destinationPortRange: \"\(rule.ports.lowerBound)-\(rule.ports.upperBound)\" }")
            }
        }
        return lines.joined(separator: "\n")
    }
}
