import Policy

/// An example for each mapping of `sluice.yaml`. A test reads each with the program's own reader, and checks that it
/// has every key of the mapping.
enum ConfigurationExamples {
    static let whole = """
        profile: azure
        northSouthIdleTimeout: 10m
        zones:
          - { name: spoke-a,  interfaces: [eth1] }
          - { name: internet, interfaces: [eth0] }
        rules:                              # what no rule allows is denied
          - { name: web, priority: 100, access: Allow, protocol: Tcp, source: [10.1.0.0/16], destination: ["*"], destinationPorts: [443, 8000-8099] }
          - { name: sap, priority: 110, access: Allow, protocol: Tcp, source: [10.1.0.0/16], destination: [10.9.0.0/24], destinationPorts: [3200-3299], idleTimeout: 2h, onIdle: probe }
        hostRules:                          # for the gateway's own addresses
          - { name: admin, priority: 100, access: Allow, protocol: Tcp, source: [10.1.0.5], destinationPorts: [22] }
        """

    /// Every example is a complete file, or becomes one with ``zones``.
    static func text(_ place: ConfigurationReference.Place) -> String {
        switch place {
        case .top:
            """
            gateway: edge-1
            profile: custom
            northSouthIdleTimeout: 10m
            eastWestIdleTimeout: 30m
            idleReset: { eastWest: true }
            halfOpenTimeout: 20s
            closingTimeout: 60s
            closedTimeout: 10s
            drain: { refuse: 45s, reset: 45s }
            timeScale: 1
            continuity: preserve
            fleet: { minCapacity: 2, maxCapacity: 4 }
            recovery: { after: 5s }
            maintenance: { start: "22:00", length: 6h, timeZone: Europe/Berlin }
            capacity: { sessions: 1048576 }
            zones: [{ name: spoke-a, interfaces: [eth1] }, { name: internet, interfaces: [eth0] }]
            internalPrefixes: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]
            rules: [{ name: web, priority: 100, access: Allow, protocol: Tcp, source: [10.1.0.0/16], destination: "*", destinationPorts: [443] }]
            hostRules: [{ name: admin, priority: 100, access: Allow, protocol: Tcp, source: [10.1.0.5], destinationPorts: [22] }]
            networkSecurityGroups: []           # see "Network security groups"
            applicationSecurityGroups: { AsgWeb: [10.1.0.4, 10.1.0.5] }
            serviceTags: []
            cloud: { resourceGroup: prod, location: westeurope }
            vethShortcut: true
            hostPing: true
            withoutSession: drop
            guardOnStop: keep
            flowLog: { directory: /var/log/sluice/flows }
            stateDirectory: /var/lib/sluice
            api: { listen: 127.0.0.1:8686 }
            """
        case .capacity: "capacity: { sessions: 1048576 }"
        case .idleReset:
            """
            profile: custom
            idleReset: { northSouth: true, eastWest: true }
            """
        case .drain:
            """
            profile: custom
            drain: { refuse: 2m, reset: 1m }
            """
        case .fleet, .fleetInstance:
            """
            fleet:
              minCapacity: 4
              maxCapacity: 8
              instance: { throughput: 2Gbps, sessions: 262144 }
              coolDown: 10m
            """
        case .recovery: "recovery: { after: 3s }"
        case .maintenance: "maintenance: { start: \"22:00\", length: 6h, timeZone: Europe/Berlin }"
        case .flowLog, .retention:
            """
            flowLog:
              directory: /var/log/sluice/flows
              formats: [vnet-v4]
              retention: { age: 30d, size: 10GB }
              subscription: 11111111-2222-3333-4444-555555555555
              resourceGroup: prod
              region: westeurope
            """
        case .api, .apiTLS, .apiLimits:
            """
            api:
              listen: 192.0.2.1:8686
              tls: { certificate: /etc/sluice/api.pem, key: /etc/sluice/api.key }
              insecure: false
              limits: { requestBytes: 65536, connections: 64, streams: 8, clientTime: 5s, requestsPerSecond: 20 }
            """
        case .cloud:
            """
            cloud:
              resourceGroup: prod
              location: westeurope
              subscription: 11111111-2222-3333-4444-555555555555
              subscriptionName: Production
              tenant: 66666666-7777-8888-9999-000000000000
              managementGroup: all
              deployment: weekly
            """
        case .zone:
            """
            zones:
              - { name: spoke-a, interfaces: [eth1, eth2.100], networkSecurityGroup: web }
              - { name: internet, interfaces: [eth0] }
            networkSecurityGroups:
              - name: web
                securityRules:
                  - { name: https, priority: 100, direction: Outbound, access: Allow, protocol: Tcp, sourceAddressPrefix: "*", sourcePortRange: "*", destinationAddressPrefix: Internet, destinationPortRange: "443" }
            """
        case .rule:
            """
            rules:
              - name: sap
                priority: 110
                access: Allow
                protocol: Tcp
                source: [10.1.0.0/16]
                sourcePorts: 1024-65535
                destination: [10.9.0.0/24, "fd00:9::/64"]
                destinationPorts: [3200-3299]
                idleTimeout: 2h
                onIdle: probe
            """
        case .hostRule:
            """
            hostRules:
              - { name: admin, priority: 100, access: Allow, protocol: Tcp, source: [10.1.0.5], sourcePorts: "*", destinationPorts: [22] }
            """
        }
    }

    /// What a part of a file needs to become a complete file.
    static let zones = "zones: [{ name: internet, interfaces: [eth0] }]\n"
}
