import Foundation
import Inspection
import Lab
import Policy
import Testing

@testable import sluice

/// `policy check`, `show` and `explain` of a file, as in a CI: without a gateway, without privileges.
struct PolicyFileTests {
    private static let text = """
        gateway: edge-1
        zones:
          - { name: inside, interfaces: [eth1], networkSecurityGroup: web }
          - { name: internet, interfaces: [eth0] }
        networkSecurityGroups:
          - { name: web, rules: [ { name: no-ssh, priority: 100, direction: Outbound, access: Deny, protocol: Tcp,
              source: "*", destination: "*", destinationPorts: 22 } ] }
        rules:
          - { name: all, priority: 100, access: Allow, protocol: Tcp, source: "*", destination: "*" }
        """

    private func sluice(_ arguments: [String]) async throws -> (
        exit: ChildProcess.Exit?, output: String, errors: String
    ) {
        let child = try ChildProcess([try SluiceBinary.path()] + arguments)
        let exit = await child.waitForExit(within: .seconds(30))
        await child.terminate()
        return (exit, child.standardOutput, child.standardError)
    }

    private func withFile(_ text: String, _ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString).yaml")
            .path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    private func explain(_ path: String, _ port: String, _ more: String...) -> [String] {
        [
            "policy", "explain", "--file", path, "--protocol", "tcp", "--source", "10.1.0.10", "--destination",
            "203.0.113.10", "--destination-port", port,
        ] + more
    }

    @Test(
        "NSG-7 OPS-3 policy explain and show read a file without a gateway, with the gateway's own evaluator")
    func answers() async throws {
        try await withFile(Self.text) { path in
            let zones = ["--zone", "inside", "--destination-zone", "internet"]
            for (port, access, rule, stage) in [
                ("443", "Allow", "all", "ownRules"), ("22", "Deny", "web/no-ssh", "outboundGroup"),
            ] {
                let outcome = try await sluice(explain(path, port) + zones + ["--json"])
                #expect(outcome.exit == .code(0), "\(outcome.errors)")
                let explanation = try JSONDecoder().decode(PolicyExplanation.self, from: Data(outcome.output.utf8))
                #expect(explanation.access == access && explanation.rule == rule && explanation.stage == stage)
                #expect(explanation.zones.source == "inside" && explanation.session == nil)
                #expect(explanation.steps.last?.rule == rule && explanation.steps.last?.access == access)
                #expect(explanation.idleTimeoutSeconds == (access == "Allow" ? 240 : 0))
            }
            let shown = try await sluice(["policy", "show", "--file", path, "--json"])
            let rules = try JSONDecoder().decode([ActiveRule].self, from: Data(shown.output.utf8))
            #expect(rules.map(\.name).contains("web/no-ssh") && rules.last?.name == "all")
            #expect(rules.allSatisfy { $0.sessions == 0 && $0.identity != 0 })
            #expect(try await sluice(["policy", "show", "--file", path]).output.contains("web/no-ssh"))
        }
    }

    @Test("NSG-7 OPS-3 with a file: a missing or unknown zone, or a mistake, gives an error with the next step")
    func refused() async throws {
        try await withFile(Self.text) { path in
            let unzoned = try await sluice(explain(path, "443"))
            #expect(
                unzoned.exit == .code(1) && unzoned.errors.contains("zones of \(path) have groups"), "\(unzoned.errors)"
            )
            let unknown = try await sluice(explain(path, "443", "--zone", "outside"))
            #expect(
                unknown.errors.contains("\(path) has no zone outside\nnext: name one of its zones: inside, internet"))
        }
        try await withFile(Self.text + "\nprofil: azure\n") { path in
            let bad = try await sluice(explain(path, "443"))
            #expect(bad.exit == .code(1) && bad.errors.contains("\(path):10:1: profil") && bad.output.isEmpty)
            #expect(bad.errors.contains("sluice policy check \(path)"))
        }
    }
}
