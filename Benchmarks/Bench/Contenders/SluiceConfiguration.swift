import Lab

/// `sluice.yaml` of a contender. Half-open sessions go after two seconds, so that every round finds an empty table.
enum SluiceConfiguration {
    static let halfOpenSeconds = 2

    static func text(gateway: String, rules: [BenchRule], capacitySessions: Int, idleTimeout: String = "1h") -> String {
        let zones = LabZone.allCases.map { "  - { name: \($0.rawValue), interfaces: [\($0.gatewayInterface)] }" }
        let lines = rules.enumerated().map { index, rule in
            "  - { name: rule-\(index), priority: \(100 + index), access: Allow, protocol: Tcp, source: [\"\(rule.source)\"], "
                + "destination: [\"\(rule.destination)\"], "
                + "destinationPorts: [\(rule.ports.lowerBound)-\(rule.ports.upperBound)] }"
        }
        return """
            gateway: \(gateway)
            profile: custom
            northSouthIdleTimeout: \(idleTimeout)
            halfOpenTimeout: \(halfOpenSeconds)s
            idleReset: { northSouth: false }
            capacity: { sessions: \(capacitySessions) }
            zones:
            \(zones.joined(separator: "\n"))
            rules:
            \(lines.joined(separator: "\n"))

            """
    }
}
