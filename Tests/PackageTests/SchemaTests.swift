import Foundation
import Lab
import TestSupport
import Testing

@testable import Policy

/// The JSON Schema of `sluice.yaml`, checked by a program that shares no code with Sluice.
@Suite struct SchemaTests {
    /// Verdicts by file name.
    private func judge(_ files: [String: String]) async throws -> [String: String] {
        let place = TemporaryDirectory()
        try Repository.write(files, into: place.path)
        let schema = "\(place.path)/schema.json"
        try Data(ConfigurationSchema.text.utf8).write(to: URL(fileURLWithPath: schema))
        let paths = files.keys.sorted().map { "\(place.path)/\($0)" }
        let command = ["python3", "\(Repository.root)/Tests/PackageTests/judge.py", schema] + paths
        let result = try await ChildProcess(command).result(within: .seconds(120))
        try #require(result.exit == .code(0), "\(result.allOutput)")
        let lines = result.output.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1).map(String.init) }
        return Dictionary(uniqueKeysWithValues: lines.map { ($0[0], $0[1]) })
    }

    private static let zones = "zones: [{ name: internet, interfaces: [eth0] }]\n"

    /// All example configurations: in documents, in the manual page, and the packaged file with its gaps filled in.
    private static func examples() throws -> [String: String] {
        var examples: [String: String] = [:]
        let documents = (FileManager.default.enumerator(atPath: "\(Repository.root)/docs")?.allObjects ?? [])
            .compactMap { $0 as? String }.filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
        for path in documents + ["README.md"] {
            let parts = try Repository.text(path).components(separatedBy: "```yaml\n").dropFirst()
            for (number, part) in parts.enumerated() {
                let text = part.components(separatedBy: "\n```")[0] + "\n"
                // A scenario of the relay (RELAY-5), which RelayTests reads.
                if text.hasPrefix("proxies:") { continue }
                let name = "\(path.replacingOccurrences(of: "/", with: "-"))-\(number)"
                // An excerpt becomes a whole file when zones are added.
                examples[name] = text.contains("zones:") ? text : zones + text
            }
        }
        let page = try Repository.text("packaging/man/sluice.yaml.5.in")
        let literal = page.components(separatedBy: ".Bd -literal -offset indent\n")[1].components(separatedBy: "\n.Ed")[
            0]
        examples["manual-page"] = literal
        examples["packaged"] = try filledIn()
        return examples
    }

    /// The packaged file, with the lines that are to be filled in uncommented.
    static func filledIn() throws -> String {
        var text = ""
        var isMarked = false
        for line in try Repository.text("packaging/sluice.yaml").split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            let isRule =
                line.hasPrefix("#  - {") || line.hasPrefix("#zones:") || line.hasPrefix("#flowLog:")
                || line.hasPrefix("#api:")
            isMarked = isMarked || isRule
            text += (isRule ? line.dropFirst() : line) + "\n"
        }
        #expect(isMarked)
        return text.replacingOccurrences(of: "ules: []", with: "ules:")
    }

    @Test("PKG-1 every example of the repository is valid for the schema and for the parser")
    func examples() async throws {
        let examples = try Self.examples()
        #expect(examples.count >= 20)
        let verdicts = try await judge(examples)
        for (name, text) in examples {
            #expect(verdicts[name] == "ok", "\(name)")
            // Files that an example names, such as groups and certificates, need not exist here.
            #expect(throws: Never.self, "\(name)") { try Configuration.parse(text, file: name) }
        }
    }

    @Test("PKG-1 a file with everything that the parser accepts is valid for the schema")
    func everything() async throws {
        let text = """
            gateway: 7
            profile: Custom
            timeScale: 1.5
            continuity: PRESERVE
            capacity: { sessions: 16384 }
            stateDirectory: /var/lib/sluice
            zones: [{ name: internet, interfaces: [eth0, br-lan.7] }, { name: true, interfaces: [eth1] }]
            rules:
              - { name: x, priority: 130, access: Deny, protocol: "*", source: "*", destination: 10.1.2.3 }
              - { name: y, priority: "131", access: ALLOW, protocol: icmp, source: [fd00::/8], destination: ["*"], onIdle: silent }
            vethShortcut: false
            hostPing: false
            withoutSession: Reset
            guardOnStop: remove
            internalPrefixes: [10.0.0.0/8, "fc00::/7", 192.0.2.1]
            northSouthIdleTimeout: 4m30s
            eastWestIdleTimeout: 1s500ms
            idleReset: { northSouth: true, eastWest: false }
            drain: { refuse: 0s, reset: 45s }
            fleet: { minCapacity: 2, maxCapacity: "20", instance: { throughput: 1.5Gbps, sessions: 131072 }, coolDown: 1d }
            recovery: { after: 5s }
            maintenance: { start: "22:00", length: 5h, timeZone: Europe/Berlin }
            applicationSecurityGroups: { web: [10.0.0.4, 10.0.0.5/32], none: [] }
            flowLog: { directory: /var/log/sluice, formats: nsg-v2, retention: { age: 7d, size: 10GB } }
            api: { listen: "[::1]:8686", insecure: false, limits: { streams: 32, clientTime: 10s } }
            hostRules: [{ name: 443, priority: 100, access: allow, protocol: tcp, source: "*", sourcePorts: 1-2, destinationPorts: [22] }]

            """
        _ = try Configuration.parse(text, file: "all")
        #expect(try await judge(["all": text]) == ["all": "ok"])
    }

    @Test(
        "PKG-1 for a wrong file the schema reports the place of the mistake",
        arguments: [
            ("profile: azur", "profile"), ("timeScale: 0", "timeScale"), ("zone: []", "(top)"),
            ("northSouthIdleTimeout: 240", "northSouthIdleTimeout"),
            ("northSouthIdleTimeout: 30s1m", "northSouthIdleTimeout"),
            ("hostPing: \"true\"", "hostPing"), ("fleet: { minCapacity: 1 }", "fleet.minCapacity"),
            ("fleet: { minCapacty: 2 }", "fleet"), ("capacity: 5", "capacity"),
            ("internalPrefixes: [ten]", "internalPrefixes.0"), ("stateDirectory: var/lib", "stateDirectory"),
            ("maintenance: { start: 1320, length: 5h, timeZone: UTC }", "maintenance.start"),
            ("maintenance: { start: \"22:00\", length: 5h }", "maintenance"),
            ("flowLog: { formats: [nsg-v2] }", "flowLog"),
            ("flowLog: { directory: /a, formats: [nsg-v3] }", "flowLog.formats"),
            ("api: { listen: 8686 }", "api.listen"),
            ("api: { listen: 127.0.0.1:1, limits: { streams: many } }", "api.limits.streams"),
            (
                "rules: [{ name: a, priority: 1, access: Alow, protocol: Tcp, source: \"*\", destination: \"*\" }]",
                "rules.0.access"
            ),
            ("rules: [{ name: a, priority: 1, access: Allow, protocol: Tcp, source: \"*\" }]", "rules.0"),
            (
                "rules: [{ name: a, priority: 1, access: Allow, protocol: Tcp, source: [], destination: \"*\" }]",
                "rules.0.source"
            ),
            (
                "hostRules: [{ name: a, priority: 1, access: Allow, protocol: Tcp, source: \"*\", destination: \"*\" }]",
                "hostRules.0"
            ),
        ])
    func wrong(text: String, place: String) async throws {
        let file = Self.zones + text + "\n"
        #expect(throws: ConfigurationErrors.self) { try Configuration.parse(file, file: "wrong") }
        let verdict = try #require(try await judge(["wrong": file])["wrong"])
        #expect(verdict.split(separator: " ").first.map(String.init) == place, "\(verdict)")
    }

    @Test("PKG-1 zones are required, as in the parser")
    func zonesAreRequired() async throws {
        #expect(
            try await judge(["empty": "profile: azure\n"])["empty"]?.contains("'zones' is a required property") == true)
    }

    @Test("PKG-1 the schema is valid, and has every key of the reference with its meaning")
    func complete() async throws {
        let place = TemporaryDirectory()
        try Repository.write(["schema.json": ConfigurationSchema.text], into: place.path)
        _ = try await Repository.output(
            "python3", "\(Repository.root)/Tests/PackageTests/judge.py", "--check", "\(place.path)/schema.json")
        for key in ConfigurationReference.keys {
            #expect(ConfigurationSchema.shape(of: key) != nil, "\(key.place.rawValue).\(key.name): \(key.value)")
            let meaning = SchemaValue.text(key.meaning).written()
            #expect(ConfigurationSchema.text.contains(meaning), "\(key.name)")
        }
    }
}
