import FoundationEssentials
import Glibc
import Lab
import Testing

@testable import Inspection
@testable import sluice

/// The built program, run as a user runs it.
struct BinaryTests {
    private struct Outcome {
        let exit: ChildProcess.Exit?
        let output: String
        let errors: String
    }

    private func sluice(_ arguments: String...) async throws -> Outcome {
        let child = try ChildProcess([try SluiceBinary.path()] + arguments)
        let exit = await child.waitForExit(within: .seconds(30))
        await child.terminate()
        return Outcome(exit: exit, output: child.standardOutput, errors: child.standardError)
    }

    /// A file with this text, in a separate directory for this test.
    private func withFile<Result>(_ text: String, _ body: (String) async throws -> Result) async throws -> Result {
        let path = "/tmp/sluice-command-tests-\(getpid())-\(UInt32.random(in: 0 ... .max)).yaml"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        defer { unlink(path) }
        return try await body(path)
    }

    private static let goodConfiguration = """
        gateway: edge-1
        zones:
          - { name: spoke-a, interfaces: [eth1] }
          - { name: internet, interfaces: [eth0] }
        rules:
          - { name: web, priority: 100, access: Allow, protocol: Tcp, source: ["*"], destination: ["*"], destinationPorts: [443] }
        """

    @Test("--help names every noun of the contract")
    func help() async throws {
        let outcome = try await sluice("--help")
        #expect(outcome.exit == .code(0))
        for noun in [
            "run", "status", "session", "policy", "event", "flow-log", "config", "reload", "doctor", "lab", "demo",
            "completions",
        ] {
            #expect(outcome.output.contains("\n  \(noun) "), "\(noun) is missing")
        }
        #expect(!outcome.output.contains("instance-process"))
    }

    @Test("OPS-3 config check accepts a good file, exit code 0")
    func goodFile() async throws {
        try await withFile(Self.goodConfiguration) { path in
            let outcome = try await sluice("config", "check", path)
            #expect(outcome.exit == .code(0))
            #expect(outcome.output == "\(path): no mistakes: 1 rule, 2 zones, profile azure\n")
        }
    }

    @Test("OPS-3 config check reports every mistake with file, line and column, exit code 1")
    func badFile() async throws {
        let text = Self.goodConfiguration + "\nprofil: azure\nnorthSouthIdleTimeout: 20m\n"
        try await withFile(text) { path in
            for noun in ["config", "policy"] {
                let outcome = try await sluice(noun, "check", path)
                #expect(outcome.exit == .code(1))
                #expect(outcome.output == "")
                #expect(outcome.errors.contains("\(path):7:1: profil"))
                #expect(outcome.errors.contains("\(path):8:"))
                #expect(outcome.errors.contains("2 mistakes"))
                #expect(outcome.errors.contains("sluice \(noun) check \(path)"))
            }
            let json = try await sluice("config", "check", path, "--json")
            #expect(json.exit == .code(1))
            let report = try JSONDecoder().decode(ConfigurationReport.self, from: Data(json.output.utf8))
            #expect(report.errors.map(\.line) == [7, 8])
            #expect(!report.isValid)
        }
    }

    @Test("NSG-9 policy check reports rules that can never match; mistakes in a group file have its name and line")
    func groups() async throws {
        let text =
            Self.goodConfiguration.replacing("[eth1] }", with: "[eth1], networkSecurityGroup: web }") + """

                networkSecurityGroups:
                  - { name: web, rules: [
                      { name: all, priority: 100, direction: Inbound, access: Allow, protocol: "*", source: "*", destination: "*" },
                      { name: late, priority: 200, direction: Inbound, access: Deny, protocol: Tcp, source: 10.0.0.0/8, destination: "*" },
                      { name: low, priority: 100, direction: Outbound, access: Allow, protocol: Tcp, source: "*", destination: "*", destinationPorts: 0-1023 },
                      { name: high, priority: 110, direction: Outbound, access: Allow, protocol: Tcp, source: "*", destination: "*", destinationPorts: 1024-65535 },
                      { name: db, priority: 120, direction: Outbound, access: Deny, protocol: Tcp, source: "*", destination: 10.0.0.6, destinationPorts: 1000-2000 } ] }
                """
        try await withFile(text) { path in
            let outcome = try await sluice("policy", "check", path)
            #expect(outcome.exit == .code(0))
            #expect(
                outcome.errors
                    == "note: web inbound: rule \"web/late\" can never match: \"web/all\", which is evaluated earlier, matches all of its traffic\n"
                    + "note: web outbound: rule \"web/db\" can never match: \"web/low\" and \"web/high\", which are evaluated earlier, together match all of its traffic\n"
            )
            let json = try await sluice("policy", "check", path, "--json")
            let report = try JSONDecoder().decode(ConfigurationReport.self, from: Data(json.output.utf8))
            #expect(
                report.shadowed == [
                    .init(list: "web inbound", rule: "web/late", by: ["web/all"]),
                    .init(list: "web outbound", rule: "web/db", by: ["web/low", "web/high"]),
                ])
        }
        try await withFile(text.replacing("priority: 200", with: "priority: 100")) { path in
            let outcome = try await sluice("policy", "check", path)
            #expect(outcome.exit == .code(1))
            #expect(outcome.errors.contains("100 is the priority of the inbound rule \"all\" too"))
        }
    }

    @Test("a missing file gives one message and exit code 1")
    func missingFile() async throws {
        let outcome = try await sluice("config", "check", "/nonexistent/sluice.yaml")
        #expect(outcome.exit == .code(1))
        #expect(outcome.errors.contains("/nonexistent/sluice.yaml"))
    }

    @Test("OPS-2 status of a gateway that does not run: down, exit code 2, with the next command, as text and JSON")
    func statusDown() async throws {
        let outcome = try await sluice("status", "--gateway", "nobody-\(getpid())")
        #expect(outcome.exit == .code(2))
        #expect(outcome.output.contains("down"))
        #expect(outcome.output.contains("next: "))
        let json = try await sluice("status", "--json", "--gateway", "nobody-\(getpid())")
        #expect(json.exit == .code(2))
        #expect(json.output.contains("\"level\" : \"down\""))
    }

    @Test(
        "without a gateway, every command that needs one says on stderr what to do, exit code 1",
        arguments: [
            ["session", "list"], ["session", "list", "--json"], ["session", "show", "1-1"], ["session", "watch"],
            ["session", "reset", "--all"], ["policy", "show"], ["reload"],
            ["policy", "explain", "--protocol", "esp", "--source", "10.0.0.1", "--destination", "10.0.0.2"],
        ])
    func noGateway(command: [String]) async throws {
        let child = try ChildProcess([try SluiceBinary.path()] + command + ["--gateway", "nobody-\(getpid())"])
        let exit = await child.waitForExit(within: .seconds(30))
        await child.terminate()
        #expect(exit == .code(1))
        #expect(child.standardOutput == "")
        #expect(child.standardError.contains("next: "))
    }

    @Test("an invalid command line gives the usage on stderr, exit code 64")
    func usage() async throws {
        let outcome = try await sluice("session", "frobnicate")
        #expect(outcome.exit == .code(64))
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("Usage"))
    }

    @Test("completions know the nouns", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        let outcome = try await sluice("completions", "generate", shell)
        #expect(outcome.exit == .code(0))
        #expect(outcome.output.contains("maintenance") && outcome.output.contains("prescale"))
        #expect(outcome.output.contains("explain"))
    }

    @Test("no colour in a pipe")
    func noColour() async throws {
        let outcome = try await sluice("doctor")
        #expect(!outcome.output.contains("\u{1B}"))
        #expect(outcome.output.contains("kernel version"))
    }
}
