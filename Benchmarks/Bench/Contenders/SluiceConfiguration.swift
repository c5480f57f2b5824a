import Lab

/// What differs between the gateways that run Sluice.
struct SluiceSettings {
    let rules: [BenchRule]
    let capacitySessions: Int
    /// When idle sessions end, TCP by resets to both ends; nil: not within the run, and silently.
    var idleSeconds: Int?
    /// Of the fleet, fixed: one that grew in the middle of a row would have processes that nobody measures.
    var instances = 2
    /// Whether sessions of an instance that goes are taken over by others.
    var preservesSessions = false
    /// Whether groups allow the same once more, out of the client's zone and into the service's.
    var hasGroups = false
    /// Event streams that the HTTP API may serve at the same time; nil: there is no API.
    var streams: Int?
}

/// `sluice.yaml` of a contender. Half-open sessions go after two seconds, so that every round finds an empty table; a
/// drain refuses for five seconds only, and resets for as long as documented.
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

    /// A group for each direction, as none may have more than 1,000 rules, whose rules say what the gateway's own say.
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
