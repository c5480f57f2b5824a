import FlowCore
import Foundation
import Testing

@testable import Policy

@Suite("Configuration")
struct ConfigurationTests {
    /// The example of section 11, without the keys of later versions.
    private let example = """
        # sluice.yaml
        gateway: edge-1                     # default: the host's name
        profile: azure                      # azure | azure-2025 | azure-2022 | custom
        northSouthIdleTimeout: 4m           # within the profile's range
        timeScale: 1                        # divides every duration of the profile
        continuity: disruptive              # disruptive (as documented) | preserve (no session is lost)
        capacity: { sessions: 1000000 }
        fleet: { minCapacity: 2, maxCapacity: 20, instance: { throughput: 1.5Gbps, sessions: 131072 } }
        zones:
          - { name: spoke-a,  interfaces: [eth1, eth2] }
          - { name: internet, interfaces: [eth0] }
        internalPrefixes: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10]
        rules:                              # the firewall's own rules; what no rule allows is denied
          - { name: late, priority: 300, access: deny, protocol: "*", source: "*", destination: "*" }
          - { name: web, priority: 100, access: Allow, protocol: Tcp, source: [10.1.0.0/16], destination: ["*"], destinationPorts: [443, 8000-8099] }
          - { name: six, priority: 200, access: ALLOW, protocol: icmp, source: 2001:db8::/32, destination: [10.0.0.1, "2001:db8::1"] }
        """

    @Test("OPS-3 the example of section 11 is read correctly; rules are in order of priority")
    func readsExample() throws {
        let configuration = try Configuration.parse(example, file: "sluice.yaml")
        #expect(configuration.gateway == "edge-1")
        #expect(configuration.profile == .azure)
        #expect(configuration.timeScale == 1 && !configuration.isScaled)
        #expect(configuration.capacitySessions == 1_000_000)
        #expect(configuration.zones.map(\.name) == ["spoke-a", "internet"])
        #expect(configuration.zones.map(\.interfaces) == [["eth1", "eth2"], ["eth0"]])
        #expect(configuration.internalPrefixes.map(\.description).last == "100.64.0.0/10")
        #expect(configuration.rules.map(\.name) == ["web", "six", "late"])
        #expect(configuration.rules.map(\.access) == [.allow, .allow, .deny])
        #expect(configuration.rules[0].destinationPorts.items == ["443", "8000-8099"])
        #expect(configuration.rules[0].destination == .any)
        #expect(configuration.rules[1].source.items == ["2001:db8::/32"])
        #expect(configuration.rules[1].destination.items == ["10.0.0.1", "2001:db8::1"])
        #expect(configuration.rules[2].sourcePorts == .any)
        #expect(configuration.notices.isEmpty)
        #expect(configuration.fleet == FleetConfiguration())
        #expect(configuration.maintenance == nil)
    }

    @Test(
        "BAD-4 missing keys have safe defaults: nothing allowed, guard kept, segments without session dropped")
    func defaults() throws {
        let configuration = try Configuration.parse(
            "zones: [{ name: a, interfaces: [eth0] }]", file: "sluice.yaml", hostName: "host-1")
        #expect(configuration.gateway == "host-1")
        #expect(configuration.profile == .azure)
        #expect(configuration.capacitySessions == 262_144)
        #expect(configuration.continuity == .disruptive)
        #expect(configuration.rules.isEmpty && configuration.hostRules.isEmpty)
        #expect(configuration.hostPing)
        #expect(configuration.withoutSession == .drop)
        #expect(configuration.guardOnStop == .keep)
        #expect(
            configuration.internalPrefixes.map(\.description) == [
                "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fe80::/10",
            ])
        #expect(configuration.notices == ["rules: there are none, so all traffic is denied"])
    }

    @Test("OPS-3 our own keys are read")
    func ownKeys() throws {
        let configuration = try Configuration.parse(
            """
            zones: [{ name: a, interfaces: [eth0] }]
            hostPing: false
            withoutSession: reset
            guardOnStop: remove
            hostRules:
              - { name: ssh, priority: 1, access: Allow, protocol: Tcp, source: 10.0.0.0/8, destinationPorts: 22 }
            """, file: "sluice.yaml", hostName: "h")
        #expect(!configuration.hostPing)
        #expect(configuration.withoutSession == .reset)
        #expect(configuration.guardOnStop == .remove)
        #expect(configuration.hostRules.map(\.name) == ["ssh"])
        #expect(configuration.hostRules[0].destination == .any)
    }

    @Test("IDLE-5 a rule's idleTimeout and onIdle are an exception that is logged, except in custom")
    func exceptions() throws {
        func configuration(_ profile: String) throws -> Configuration {
            try Configuration.parse(
                """
                profile: \(profile)
                zones: [{ name: a, interfaces: [eth0] }]
                rules:
                  - { name: sap, priority: 1, access: Allow, protocol: Tcp, source: "*", destination: "*", idleTimeout: 2h, onIdle: probe }
                  - { name: udp, priority: 2, access: Allow, protocol: Udp, source: "*", destination: "*", idleTimeout: 1m30s }
                """, file: "sluice.yaml", hostName: "h")
        }
        let azure = try configuration("azure-2025")
        #expect(azure.rules[0].idleTimeoutNanoseconds == 7_200_000_000_000)
        #expect(azure.rules[0].onIdle == .probe)
        #expect(azure.rules[1].onIdle == nil)
        #expect(
            azure.notices == [
                #"rules[0]: rule "sap" is an exception to the profile azure-2025: idleTimeout 2h, onIdle probe"#,
                #"rules[1]: rule "udp" is an exception to the profile azure-2025: idleTimeout 1m30s"#,
            ])
        #expect(try configuration("custom").notices.isEmpty)
    }

    @Test("NSG-9 1,000 rules are read, 1,001 are refused")
    func ruleLimit() throws {
        func text(_ count: Int) -> String {
            let rules = (1...count).map { index in
                "  - { name: r\(index), priority: \(index), access: Allow, protocol: Tcp, source: 10.0.0.\(index % 256), destination: \"*\" }"
            }
            return "zones: [{ name: a, interfaces: [eth0] }]\nrules:\n" + rules.joined(separator: "\n")
        }
        #expect(try Configuration.parse(text(1000), file: "f", hostName: "h").rules.count == 1000)
        let errors = #expect(throws: ConfigurationErrors.self) {
            try Configuration.parse(text(1001), file: "f", hostName: "h")
        }
        #expect(
            errors?.description
                == "f:3:3: rules: 1001 rules are more than 1000: merge rules that differ only in addresses or ports")
    }

    @Test("NSG-9 4,000 different prefixes a side are read, 4,001 are refused")
    func prefixLimit() throws {
        func text(_ count: Int) -> String {
            let prefixes = (0..<count).map { "10.\($0 / 256).\($0 % 256).0/24" }.joined(separator: ", ")
            return """
                zones: [{ name: a, interfaces: [eth0] }]
                rules: [{ name: r, priority: 1, access: Allow, protocol: Tcp, source: [\(prefixes)], destination: "*" }]
                """
        }
        let configuration = try Configuration.parse(text(4000), file: "f", hostName: "h")
        #expect(try CompiledPolicy(configuration).image.ruleCount == 1)
        let errors = #expect(throws: ConfigurationErrors.self) {
            try Configuration.parse(text(4001), file: "f", hostName: "h")
        }
        #expect(
            errors?.description
                == "f: rules: 4001 different source prefixes in total are more than 4000: write fewer, larger ones")
    }

    @Test("OPS-3 every key of the reference is known to the reader, and in the table for people")
    func reference() {
        for place in ConfigurationReference.Place.allCases {
            #expect(Set(ConfigurationReference.names(of: place)).count == ConfigurationReference.names(of: place).count)
        }
        let lines = ConfigurationReference.markdown.split(separator: "\n")
        #expect(lines.count == ConfigurationReference.keys.count + 2)
        #expect(lines.contains { $0.hasPrefix("| `rules[].idleTimeout` | duration, 1s to 7d |") })
    }

    @Test("OPS-3 the table beside the reference is the reference")
    func table() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = "Sources/Policy/Reading/ConfigurationReference.swift"
        let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
        let lines = Set(text.split(separator: "\n").map(String.init))
        for key in ConfigurationReference.markdown.split(separator: "\n") where !key.contains("hostRules[].") {
            #expect(lines.contains("/// " + key), "\(path) lacks \(key)")
        }
    }
}

extension ConfigurationReference {
    /// All keys as a Markdown table.
    static var markdown: String {
        let rows = keys.map { key in
            let path = key.place == .top ? key.name : "\(key.place.rawValue).\(key.name)"
            return "| `\(path)` | \(key.value) | \(key.usual) | \(key.meaning) |"
        }
        return (["| key | value | default | what it does |", "|---|---|---|---|"] + rows).joined(separator: "\n")
    }
}
