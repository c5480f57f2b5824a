import Glibc

extension Lab {
    /// Creates namespaces, links, addresses and routes.
    func build(mtu: [LabZone: Int]) throws(LabError) {
        try makeDirectories(directory)
        for place in LabPlace.all {
            let namespace = namespace(place)
            try namespace.create()
            // Addresses are usable at once, without duplicate address detection. Some settings are reset, because a new
            // namespace inherits them from the machine, such as forwarding.
            let settings = [
                "ipv6/conf/all/accept_dad": "0", "ipv6/conf/default/accept_dad": "0",
                "ipv4/ip_forward": "0", "ipv6/conf/all/forwarding": "0",
                "ipv4/conf/all/rp_filter": "0", "ipv4/conf/default/rp_filter": "0",
            ]
            try runShort(namespace.entering(["sh", "-c", Self.script(settings: settings)]))
            try runShort(["ip", "-n", namespace.name, "link", "set", "lo", "up"])
        }
        for zone in LabZone.allCases {
            try connect(zone, mtu: mtu[zone] ?? 1500)
        }
    }

    /// A shell script that writes settings below /proc/sys/net.
    private static func script(settings: [String: String]) -> String {
        let sorted = settings.sorted { $0.key < $1.key }
        return sorted.map { "echo \($0.value) >/proc/sys/net/\($0.key)" }.joined(separator: " && ")
    }

    private func connect(_ zone: LabZone, mtu: Int) throws(LabError) {
        let host = namespaceName(.zone(zone))
        let gateway = namespaceName(.gateway)
        let hostLink = LabZone.hostInterface
        let gatewayLink = zone.gatewayInterface
        let bytes = String(mtu)
        let commands = [
            [
                "ip", "-n", gateway, "link", "add", gatewayLink, "mtu", bytes, "type", "veth",
                "peer", "name", hostLink, "mtu", bytes, "netns", host,
            ],
            ["ip", "-n", gateway, "address", "add", zone.gatewayAddress + "/24", "dev", gatewayLink],
            ["ip", "-n", gateway, "address", "add", zone.gatewayAddress6 + "/64", "dev", gatewayLink, "nodad"],
            ["ip", "-n", host, "address", "add", zone.address + "/24", "dev", hostLink],
            ["ip", "-n", host, "address", "add", zone.address6 + "/64", "dev", hostLink, "nodad"],
            ["ip", "-n", gateway, "link", "set", gatewayLink, "up"],
            ["ip", "-n", host, "link", "set", hostLink, "up"],
            ["ip", "-n", host, "route", "add", "default", "via", zone.gatewayAddress],
            ["ip", "-n", host, "-6", "route", "add", "default", "via", zone.gatewayAddress6],
        ]
        for command in commands {
            try runShort(command)
        }
    }

    /// Switches the gateway's own forwarding on or off, without any firewall. Positive control for tests that nothing
    /// is forwarded.
    package func setPlainForwarding(_ isOn: Bool) throws(LabError) {
        let value = isOn ? "1" : "0"
        let settings = ["ipv4/ip_forward": value, "ipv6/conf/all/forwarding": value]
        try runShort(namespace(.gateway).entering(["sh", "-c", Self.script(settings: settings)]))
    }
}
