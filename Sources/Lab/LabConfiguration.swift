extension Lab {
    /// The text of a `sluice.yaml` for this topology.
    ///
    /// Allowed from client to peer and to internet: SSH, HTTP, PostgreSQL, iperf3, 8000-8099, and the probes of ping
    /// and traceroute. Everything else is denied: telnet (23), and every session from peer or internet.
    ///
    /// `timeScale` divides all durations of the profile. `sessions` is the session table's capacity. `rules` are
    /// additional rules, each the inside of a YAML flow mapping (`name: x, priority: 130, ...`). `extra` are additional
    /// lines at the top level.
    package func configuration(
        profile: String = "azure", timeScale: Int = 60, sessions: Int = 16384, rules: [String] = [], extra: String = ""
    ) -> String {
        let client = "\"\(LabZone.client.prefix)\", \"\(LabZone.client.prefix6)\""
        let services = "22, 80, 5201, 5432, 8000-8099"
        let own = [
            "name: services, priority: 100, access: Allow, protocol: Tcp, source: [\(client)], destination: [\"*\"], "
                + "destinationPorts: [\(services)]",
            "name: ping, priority: 110, access: Allow, protocol: Icmp, source: [\(client)], destination: [\"*\"]",
            "name: traceroute, priority: 120, access: Allow, protocol: Udp, source: [\(client)], destination: [\"*\"], "
                + "destinationPorts: [33434-33534]",
        ]
        let zones = LabZone.allCases.map { "  - { name: \($0.rawValue), interfaces: [\($0.gatewayInterface)] }" }
        return """
            gateway: \(name)
            profile: \(profile)
            timeScale: \(timeScale)
            capacity: { sessions: \(sessions) }
            stateDirectory: \(directory)/state
            zones:
            \(zones.joined(separator: "\n"))
            rules:
            \((own + rules).map { "  - { \($0) }" }.joined(separator: "\n"))
            \(extra)

            """
    }
}
