import Foundation
import Testing

@testable import Policy

/// Golden messages, as an operator reads them. Each names file, line, column, key, what is wrong, and what to write.
@Suite("Configuration errors")
struct ConfigurationErrorTests {
    private func errors(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> String {
        let thrown = #expect(throws: ConfigurationErrors.self, sourceLocation: sourceLocation) {
            try Configuration.parse(text, file: "sluice.yaml", hostName: "host")
        }
        return thrown?.description ?? ""
    }

    @Test("BAD-6 every mistake of a file is reported, in the order of its lines")
    func all() {
        let text = """
            gatway: edge-1
            profile: azur
            timeScale: fast
            continuity: preserved
            capacity: { sessions: 0 }
            zones:
              - { name: internet, interfaces: [eth0] }
              - { name: internet, interfaces: [eth0, this-name-is-far-too-long] }
              - { name: spoke, networkSecurityGroup: nsg-1 }
              - interfaces: []
            internalPrefixes: [10.0.0.1/8, nonsense]
            hostPing: sometimes
            withoutSession: refuse
            guardOnStop: [keep]
            northSouthIdleTimeout: 4
            fleet: { minCapacity: 1 }
            """
        #expect(
            errors(text) == """
                sluice.yaml:1:1: gatway: is not a key that can be set here: did you mean gateway?
                sluice.yaml:2:10: profile: "azur" is not known here (did you mean azure?): \
                write azure, azure-2025, azure-2022 or custom
                sluice.yaml:3:12: timeScale: "fast" is not a number from 1 to 1000: write 1 for \
                real time, or 60 so that a minute takes a second
                sluice.yaml:4:13: continuity: "preserved" is not known here (did you mean preserve?): \
                write disruptive or preserve
                sluice.yaml:5:23: capacity.sessions: "0" is not a whole number from 1 to 16777216
                sluice.yaml:8:13: zones[1].name: "internet" is the name of zones[0] too: give \
                each zone its own
                sluice.yaml:8:36: zones[1].interfaces[0]: "eth0" is in zones[0] already: an \
                interface belongs to one zone, once
                sluice.yaml:8:42: zones[1].interfaces[1]: "this-name-is-far-too-long" can't \
                name an interface: write 1 to 15 bytes as `ip link` shows them
                sluice.yaml:9:5: zones[2].interfaces: is missing: write for example interfaces: [eth0]
                sluice.yaml:10:5: zones[3].name: is missing: write for example name: internet
                sluice.yaml:10:17: zones[3].interfaces: is an empty list: write for example [eth0]
                sluice.yaml:11:20: internalPrefixes[0]: "10.0.0.1/8" has bits beyond its prefix \
                length: write 10.0.0.0/8, or 10.0.0.1/32
                sluice.yaml:11:32: internalPrefixes[1]: "nonsense" is not an address or prefix: \
                write for example 10.1.0.0/16, 10.1.2.3 or 2001:db8::/32
                sluice.yaml:12:11: hostPing: must be true or false, but is "sometimes"
                sluice.yaml:13:17: withoutSession: "refuse" is not known here: write drop or reset
                sluice.yaml:14:14: guardOnStop: must be text, but is a list
                sluice.yaml:15:24: northSouthIdleTimeout: "4" is not a duration: has no unit: \
                write 4s or 4m
                sluice.yaml:16:23: fleet.minCapacity: "1" is not a whole number from 2 to 50
                """)
    }

    @Test("NSG-9 every mistake of a rule is reported with the rule's name")
    func rules() {
        let text = """
            zones: [{ name: internet, interfaces: [eth0] }]
            rules:
              - { name: web, priority: 100, access: Allow, protocol: Tcp, source: 10.1.0.0/16, destination: "*", destinationPort: 443 }
              - { name: web, priority: 100, access: Permit, protocol: Sctp, source: 10.1.0.1/16, destination: ["*", 10.0.0.0/8] }
              - { name: bad ports, priority: 70000, access: Allow, protocol: Tcp, source: "*", destination: "*", destinationPorts: [8099-8000, http, 65536] }
              - { name: ping, priority: 101, access: Allow, protocol: Icmp, source: [], destination: "*", destinationPorts: 7 }
              - { name: no, priority: 102, access: Deny, protocol: Udp, source: "*", destination: "*", idleTimeout: 1h }
              - { name: dns, priority: 103, access: Allow, protocol: Udp, source: "*", destination: "*", idleTimeout: 8d, onIdle: reset }
              - { name: empty }
              - just text
            hostRules:
              - { name: ping, priority: 1, access: Allow, protocol: Icmp, source: "*", destination: "*" }
            """
        #expect(
            errors(text) == """
                sluice.yaml:3:102: rules[0].destinationPort: rule "web": is not a key that can \
                be set here: did you mean destinationPorts?
                sluice.yaml:4:13: rules[1].name: "web" is the name of rules[0] too: give each \
                rule its own, because sessions and logs refer to rules by name
                sluice.yaml:4:28: rules[1].priority: rule "web": 100 is the priority of the \
                rule "web" too: give each rule of rules its own
                sluice.yaml:4:41: rules[1].access: rule "web": "Permit" is not known here: \
                write Allow or Deny
                sluice.yaml:4:59: rules[1].protocol: rule "web": "Sctp" is not known here: \
                write "*", Tcp, Udp, Icmp, Esp or Ah
                sluice.yaml:4:73: rules[1].source: rule "web": "10.1.0.1/16" has bits beyond \
                its prefix length: write 10.1.0.0/16, or 10.1.0.1/32
                sluice.yaml:4:99: rules[1].destination: rule "web": contains "*" and other items: \
                write only "*", or only the others
                sluice.yaml:5:34: rules[2].priority: rule "bad ports": "70000" is not a whole \
                number from 1 to 65535
                sluice.yaml:5:121: rules[2].destinationPorts[0]: rule "bad ports": "8099-8000" \
                is reversed: write 8000-8099
                sluice.yaml:5:132: rules[2].destinationPorts[1]: rule "bad ports": "http" is \
                not a port or port range: write for example 443, 8000-8099 or "*" (ports are 0 to 65535)
                sluice.yaml:5:138: rules[2].destinationPorts[2]: rule "bad ports": "65536" is \
                not a port or port range: write for example 443, 8000-8099 or "*" (ports are 0 to 65535)
                sluice.yaml:6:73: rules[3].source: rule "ping": is an empty list: write "*" to mean all
                sluice.yaml:6:113: rules[3].destinationPorts: rule "ping": Icmp has no ports: \
                remove the key
                sluice.yaml:7:105: rules[4].idleTimeout: rule "no": a rule with access Deny has no \
                sessions: remove the key
                sluice.yaml:8:107: rules[5].idleTimeout: rule "dns": 8d is out of range: write 1s to 7d
                sluice.yaml:8:119: rules[5].onIdle: rule "dns": only TCP sessions can be ended \
                with reset, and the rule is for Udp: write silent, or remove the key
                sluice.yaml:9:5: rules[6].priority: rule "empty": is missing: write for example \
                priority: 100
                sluice.yaml:9:5: rules[6].access: rule "empty": is missing: write for example \
                access: Allow
                sluice.yaml:9:5: rules[6].protocol: rule "empty": is missing: write for example \
                protocol: Tcp
                sluice.yaml:9:5: rules[6].source: rule "empty": is missing: write for example \
                source: [10.1.0.0/16], or source: "*" for all
                sluice.yaml:9:5: rules[6].destination: rule "empty": is missing: write for \
                example destination: [10.1.0.0/16], or destination: "*" for all
                sluice.yaml:10:5: rules[7]: must be a mapping (key: value), but is "just text"
                sluice.yaml:12:13: hostRules[0].name: "ping" is the name of rules[3] too: give \
                each rule its own, because sessions and logs refer to rules by name
                sluice.yaml:12:76: hostRules[0].destination: rule "ping": is not a key that can \
                be set here: a host rule is for the gateway's own addresses: remove it
                """)
    }

    @Test("BAD-6 text that is not YAML is reported with its position and a remedy")
    func yaml() {
        let cases = [
            (
                "",
                "sluice.yaml: is empty: write at least zones, for example zones: [{ name: internet, interfaces: [eth0] }]"
            ),
            (
                "zones: [",
                "sluice.yaml:2:1: is not YAML: did not find expected node content (while parsing a flow node): check indentation, brackets and quotes here"
            ),
            ("zones:\n\t- a", "sluice.yaml:2:1: is not YAML: a tab can't indent: write spaces"),
            ("rules:\n  - { source: * }", "sluice.yaml:2:15: a bare * begins an alias in YAML: write \"*\" in quotes"),
            ("zones: a\ngateway: b\nzones: c", "sluice.yaml:1:1: the key \"zones\" is written twice: keep one"),
            ("- a\n- b", "sluice.yaml:1:1: must be a mapping (key: value), but is a list"),
            (
                "zones: {}\ngateway: \"a b\"",
                "sluice.yaml:1:8: zones: must be a list ([a, b]), but is a mapping\nsluice.yaml:2:10: gateway: \"a b\" can't name a gateway: write 1 to 63 letters, digits, \"-\", \"_\" or \".\", for example gateway: edge-1"
            ),
            (
                "zones: [{ name: a, interfaces: [eth0] }]\ngateway:\n",
                "sluice.yaml:2:9: gateway: has no value: write one, or remove the key"
            ),
            (
                "zones: \u{1}",
                "sluice.yaml: is not text that YAML can hold: control characters are not allowed: save the file as UTF-8 without control characters"
            ),
            (
                "zones: [{ name: a, interfaces: [eth0] }]\nrules: [*a]",
                "sluice.yaml:2:9: a word that begins with * is an alias in YAML: write it in quotes"
            ),
            (
                "zones: [{ name: a, interfaces: [eth0] }]\n---\nrules: []",
                "sluice.yaml:2:1: begins a second document: keep only one, and remove ---"
            ),
        ]
        for (text, message) in cases { #expect(errors(text) == message) }
    }

    @Test(
        "BAD-6 a mistake in flowLog is reported with what to write instead",
        arguments: [
            ("{ formats: [nsg-v2] }", "flowLog.directory: is missing: write for example directory: /var/log/sluice"),
            (
                "{ directory: log }",
                "flowLog.directory: \"log\" is not an absolute path: write for example /var/log/sluice"
            ),
            ("{ directory: / }", "flowLog.directory: \"/\" is not an absolute path: write for example /var/log/sluice"),
            (
                "{ directory: /a/../b }",
                "flowLog.directory: \"/a/../b\" is not an absolute path: write for example /var/log/sluice"
            ),
            (
                "{ directory: /a, formats: [vnet-v3] }",
                "flowLog.formats[0]: \"vnet-v3\" is not a flow log format (did you mean vnet-v4?): write nsg-v2 or vnet-v4"
            ),
            (
                "{ directory: /a, region: a/b }",
                "flowLog.region: \"a/b\" can't be part of a path: write 1 to 90 letters, digits, \"-\", \"_\" or \".\""
            ),
            (
                "{ directory: /a, retention: { age: 10m } }",
                "flowLog.retention.age: is not 1h to 3650d: each file holds one hour"
            ),
            (
                "{ directory: /a, retention: { size: 10 } }",
                "flowLog.retention.size: \"10\" is not a size of 1MB or more: write for example 500MB or 10GB"
            ),
        ])
    func flowLog(text: String, message: String) {
        let said = errors("zones: [{ name: a, interfaces: [eth0] }]\nflowLog: \(text)")
        #expect(said.hasSuffix(": \(message)") && said.hasPrefix("sluice.yaml:2:"), "\(said)")
    }

    @Test("OPS-4 stateDirectory is an absolute path, and has a default")
    func stateDirectory() throws {
        func directory(_ text: String) throws -> String {
            try Configuration.parse(
                "gateway: g\nzones: [{ name: a, interfaces: [eth0] }]\n\(text)", file: "sluice.yaml"
            ).stateDirectory
        }
        #expect(try directory("") == "/var/lib/sluice")
        #expect(try directory("stateDirectory: /srv/sluice/") == "/srv/sluice")
        let said = errors("zones: [{ name: a, interfaces: [eth0] }]\nstateDirectory: state")
        #expect(said.contains("stateDirectory: \"state\" is not an absolute path: write for example /var/lib/sluice"))
    }

    @Test("LOG-1 flowLog is read, and missing values have their defaults")
    func flowLogSettings() throws {
        func settings(_ text: String) throws -> FlowLogSettings? {
            try Configuration.parse(
                "gateway: g\nzones: [{ name: a, interfaces: [eth0] }]\n\(text)", file: "sluice.yaml"
            ).flowLog
        }
        #expect(try settings("") == nil)
        #expect(
            try settings("flowLog: { directory: /var/log/sluice/ }") == FlowLogSettings(directory: "/var/log/sluice"))
        let all = try settings(
            "flowLog: { directory: /a, formats: VNET-v4, retention: { age: 2d, size: 10GiB }, subscription: s, resourceGroup: r, region: e }"
        )
        #expect(
            all
                == FlowLogSettings(
                    directory: "/a", formats: [.virtualNetworkVersion4], retentionNanoseconds: 172_800_000_000_000,
                    retentionBytes: 10 << 30, subscription: "s", resourceGroup: "r", region: "e"))
    }

    @Test("BAD-6 a file that can't be read is reported with cause and remedy")
    func unreadable() throws {
        func message(_ path: String) -> String? {
            #expect(throws: ConfigurationErrors.self) { try Configuration.read(path: path) }?.description
        }
        #expect(
            message("/nonexistent/sluice.yaml")
                == "/nonexistent/sluice.yaml: can't be read: No such file or directory: check the path, or make the file readable"
        )
        #expect(message("/") == "/: is a directory, not a file: write the path of the file itself")
        #expect(message("/dev/zero") == "/dev/zero: is a device, not a file: write the path of the file itself")
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString).yaml")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data([0x61, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: path))
        #expect(message(path) == "\(path): is not UTF-8 text: save it as UTF-8")
        try Data("zones: [{ name: a, interfaces: [eth0] }]\ngateway: g".utf8).write(to: URL(fileURLWithPath: path))
        #expect(try Configuration.read(path: path).gateway == "g")
    }

    @Test("BAD-6 no text crashes the reader: 3,000 mutations of a configuration")
    func mutations() {
        let seed = SeededGenerator.seedOfThisRun("mutations")
        var generator = SeededGenerator(seed: seed)
        let text = """
            profile: custom
            zones: [{ name: a, interfaces: [eth0] }, { name: b, interfaces: [eth1] }]
            idleReset: { northSouth: true }
            drain: { refuse: 1s, reset: 2s }
            rules:
              - { name: web, priority: 1, access: Allow, protocol: Tcp, source: [10.0.0.0/8, "2001:db8::/32"], destination: "*", destinationPorts: [1-9], idleTimeout: 1h, onIdle: probe }
            """
        let alphabet = Array("{}[]:,-*&!|>'\"%@`#?~ \n\t09azAZ/.\u{0}\u{FF}é".unicodeScalars)
        for _ in 0..<3000 {
            var scalars = Array(text.unicodeScalars)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<scalars.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: scalars.remove(at: index)
                case 1: scalars[index] = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                case 2: scalars.insert(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)], at: index)
                default: scalars.removeSubrange(index..<min(scalars.count - 1, index + 20))
                }
            }
            var mutated = String.UnicodeScalarView()
            mutated.append(contentsOf: scalars)
            do throws(ConfigurationErrors) {
                let configuration = try Configuration.parse(String(mutated), file: "f", hostName: "h")
                #expect(!configuration.zones.isEmpty)
            } catch {
                #expect(!error.errors.isEmpty)
            }
        }
    }
}
