import FlowCore
import FoundationEssentials
import Glibc
import Lab
import Testing

@testable import Inspection
@testable import sluice

/// Commands on a running gateway with sessions, and the whole demo.
@Suite(.serialized)
struct LiveTests {
    /// A separate lab with a gateway for this test. It is always removed afterwards.
    private func withGateway(number: Int, _ body: (LabGateway) async throws -> Void) async throws {
        let lab = try Lab.up(name: LiveTests.name(number))
        do {
            try await body(try await lab.startGateway(configuration: lab.configuration(timeScale: 10)))
            try lab.down()
        } catch {
            try? lab.down()
            throw error
        }
    }

    private static func name(_ number: Int) -> String { "sluice-test-\(getpid())-\(9000 + number)" }

    private func run(_ gateway: LabGateway, _ arguments: String...) async throws -> CommandResult {
        try await gateway.lab.execute(in: .gateway, [gateway.binary] + arguments + ["--gateway", gateway.lab.name])
    }

    private func expectNothingLeft(of name: String) {
        #expect((try? Lab.existing(name: name)) == nil)
        for path in [
            "/run/sluice/\(name)", "/sys/fs/bpf/sluice/\(name)", "/run/netns/\(name)-gw", "/run/\(name).files",
        ] {
            #expect(access(path, F_OK) != 0, "\(path) was not removed")
        }
    }

    @Test("OPS-2 status of a real gateway: 0 healthy, 1 degraded when its processes are killed, 2 down when detached")
    func status() async throws {
        try await withGateway(number: 1) { gateway in
            let healthy = try await run(gateway, "status", "--json")
            #expect(healthy.exit == .code(0))
            let status = try JSONDecoder().decode(GatewayStatus.self, from: Data(healthy.output.utf8))
            #expect(status.health.level == .healthy)
            #expect(status.zones.map(\.name) == ["client", "peer", "internet"])
            #expect(status.scaled)
            #expect(status.timeouts["northSouthIdle"] == .init(configuredSeconds: 240, effectiveSeconds: 24))
            #expect(status.memory.bytesPerSession > 128 && status.memory.bytesPerSession <= 256)
            #expect(status.instances.count == 2 && status.fleet.serving == 2)

            try await gateway.killAll()
            let degraded = try await run(gateway, "status")
            #expect(degraded.exit == .code(1), "\(degraded.allOutput)")
            #expect(degraded.output.contains("the controller is not running"))
            #expect(degraded.output.contains("instance 1 is not running"))
            #expect(degraded.output.contains("attached"))

            for zone in LabZone.allCases {
                let command = [gateway.binary, "release", zone.gatewayInterface, "--force"]
                try await gateway.lab.execute(in: .gateway, command).required()
            }
            let down = try await run(gateway, "status")
            #expect(down.exit == .code(2), "\(down.allOutput)")
        }
    }

    /// Sends datagrams from the client to a missing server in the Internet, until the gateway reports what is expected.
    private func expectHealth(
        _ gateway: LabGateway, _ level: GatewayHealth.Level, _ words: String, datagrams: Int = 150
    ) async throws {
        let script = "for i in $(seq \(datagrams)); do echo x > /dev/udp/\(LabZone.internet.address)/9; done"
        try await gateway.lab.execute(in: .client, ["bash", "-c", script]).required()
        let seen = try await run(gateway, "status")
        #expect(seen.exit == .code(level.exitCode), "\(seen.allOutput)")
        #expect(seen.output.contains(words), "\(seen.allOutput)")
    }

    @Test("OPS-2 a gateway that drops everything is not healthy, even if all its parts work")
    func everythingDropped() async throws {
        try await withGateway(number: 8) { gateway in
            let lab = gateway.lab
            let rule =
                #"name: none, priority: 90, access: Deny, protocol: "*", source: "*", destination: "*""#
            try await gateway.reload(lab.configuration(timeScale: 10, rules: [rule]))
            // Until the controller has recorded the state.
            try await Task.sleep(for: .seconds(2))
            try await expectHealth(gateway, .degraded, "none of the packets of the last")
        }
    }

    @Test("OPS-2 RST-5 if RSTs can't be sent, the gateway is not healthy")
    func failedResets() async throws {
        try await withGateway(number: 9) { gateway in
            let lab = gateway.lab
            let server = try await lab.listener(in: .internet, port: 8080, "--echo")
            let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            try await client.waitFor("connected", within: .seconds(10))
            try await Task.sleep(for: .seconds(2))
            #expect(try await run(gateway, "status").exit == .code(0))
            let rules = "table inet obstacle { chain out { type filter hook output priority 0; tcp flags rst drop; }; }"
            try await lab.execute(in: .gateway, ["nft", rules]).required()
            #expect(try await run(gateway, "session", "reset", "--port", "8080").succeeded)
            let seen = try await run(gateway, "status")
            #expect(seen.exit == .code(1), "\(seen.allOutput)")
            #expect(seen.output.contains("could not be sent"), "\(seen.allOutput)")
            withExtendedLifetime(server) {}
        }
    }

    @Test("IDLE-1 BAD-6 in a time namespace, processes, kernel and commands outside it agree on the time")
    func timeNamespace() async throws {
        let lab = try Lab.up(name: LiveTests.name(10))
        defer { try? lab.down() }
        let real = try SluiceBinary.path()
        let shifted = try lab.write("#!/bin/sh\nexec unshare -T --monotonic 100000 \(real) \"$@\"\n", to: "shifted")
        let behind = try lab.write("#!/bin/sh\nexec unshare -T --monotonic -300 \(real) \"$@\"\n", to: "behind")
        for script in [shifted, behind] { chmod(script, 0o755) }
        // Idle sessions end after 24 s.
        _ = try await lab.startGateway(configuration: lab.configuration(timeScale: 10), binary: shifted)
        let server = try await lab.listener(in: .internet, port: 8080, "--echo")
        let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
        try await client.waitFor("connected", within: .seconds(10))
        try await Task.sleep(for: .seconds(4))
        #expect(client.errors.isEmpty && server.errors.isEmpty)
        for binary in [real, shifted, behind] {
            let listed = try await lab.execute(
                in: .gateway, [binary, "session", "list", "--port", "8080", "--json", "--gateway", lab.name]
            ).required()
            let sessions = try JSONDecoder().decode([SessionView].self, from: Data(listed.output.utf8))
            #expect(sessions.count == 1)
            #expect(sessions.allSatisfy { (3..<20).contains($0.idleSeconds) && (3..<20).contains($0.ageSeconds) })
            let status = try await lab.execute(in: .gateway, [binary, "status", "--gateway", lab.name])
            #expect(status.exit == .code(0), "\(status.allOutput)")
        }
        try await client.waitFor("error", within: .seconds(30))
        #expect(client.errors == ["ECONNRESET"])
    }

    @Test("SESS-10, RST-5, NSG-7: a real session is listed, shown, explained, and reset by id")
    func sessions() async throws {
        try await withGateway(number: 2) { gateway in
            let server = try await gateway.lab.listener(in: .internet, port: 8080, "--echo")
            let client = try gateway.lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            try await client.waitFor("connected", within: .seconds(10))
            client.perform("send 1000")
            try await client.waitFor("data", within: .seconds(10))

            let listed = try await run(gateway, "session", "list", "--port", "8080", "--json").required()
            let sessions = try JSONDecoder().decode([SessionView].self, from: Data(listed.output.utf8))
            let session = try #require(sessions.first)
            #expect(sessions.count == 1)
            #expect(session.source.address == LabZone.client.address)
            #expect(session.destination == .init(address: LabZone.internet.address, port: 8080))
            #expect(session.state == "established")
            #expect(session.rule == "services")
            #expect(session.zones == .init(source: "client", destination: "internet"))
            #expect(session.bytes.toDestination >= 1000 && session.bytes.toSource >= 1000)
            #expect(session.idleTimeoutSeconds == 24)
            #expect(try await run(gateway, "session", "show", session.id).required().output.contains("zone client"))
            #expect(try await run(gateway, "session", "list", "--port", "8081", "--json").required().output == "[]\n")

            let explained = try await run(
                gateway, "policy", "explain", "--protocol", "tcp", "--source", LabZone.client.address, "--source-port",
                "\(session.source.port)", "--destination", LabZone.internet.address, "--destination-port", "8080",
                "--json"
            ).required()
            let explanation = try JSONDecoder().decode(PolicyExplanation.self, from: Data(explained.output.utf8))
            #expect(explanation.access == "Allow")
            #expect(explanation.rule == "services")
            #expect(explanation.session?.id == session.id)

            let dryRun = try await run(gateway, "session", "reset", session.id, "--dry-run").required()
            #expect(dryRun.output.contains(session.id))
            #expect(client.errors.isEmpty)
            let reset = try await run(gateway, "session", "reset", session.id).required()
            #expect(reset.output == "1 session reset\n")
            try await client.waitFor("error", within: .seconds(5))
            try await server.waitFor("error", within: .seconds(5))
            #expect(client.errors == ["ECONNRESET"])
            #expect(server.errors == ["ECONNRESET"])
        }
    }

    @Test("NSG-7 a live policy with groups: explain agrees with the packets, diff names the sessions that would end")
    func groups() async throws {
        try await withGateway(number: 7) { gateway in
            let lab = gateway.lab
            let internet = "{ name: internet, interfaces: [\(LabZone.internet.gatewayInterface)] }"
            func write(_ file: String, rules: String) throws -> String {
                let groups = "networkSecurityGroups: [{ name: edge, flushConnection: true, rules: [\(rules)] }]"
                return try lab.write(
                    lab.configuration(timeScale: 10, extra: groups).replacing(
                        internet, with: internet.replacing(" }", with: ", networkSecurityGroup: edge }")), to: file)
            }
            func rule(_ name: String, _ priority: Int, _ access: String, _ port: String) -> String {
                "{ name: \(name), priority: \(priority), direction: Inbound, access: \(access), protocol: Tcp, source: VirtualNetwork, destination: \"*\", destinationPorts: \(port) }"
            }
            let server = try await lab.listener(in: .internet, port: 8080, "--echo")
            let text = try write(
                "groups.yaml", rules: rule("web", 100, "Allow", "8080") + ", " + rule("no", 200, "Deny", "\"*\""))
            try await lab.execute(in: .gateway, ["cp", text, gateway.configurationPath]).required()
            try await run(gateway, "reload").required()
            let client = try lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            try await client.waitFor("connected", within: .seconds(10))

            let question = [
                "policy", "explain", "--protocol", "tcp", "--source", LabZone.client.address, "--destination",
                LabZone.internet.address, "--gateway", lab.name,
            ]
            let zones = ["--zone", "client", "--destination-zone", "internet"]
            func explain(_ more: [String]) async throws -> CommandResult {
                try await lab.execute(in: .gateway, [gateway.binary] + question + more)
            }
            let unzoned = try await explain(["--destination-port", "8080"])
            #expect(unzoned.exit == .code(1) && unzoned.errors.contains("--destination-zone"))
            for (port, access, ruleName) in [("8080", "Allow", "edge/web"), ("8081", "Deny", "edge/no")] {
                let text = try await explain(["--destination-port", port, "--json"] + zones).required().output
                let answer = try JSONDecoder().decode(PolicyExplanation.self, from: Data(text.utf8))
                #expect(answer.access == access && answer.groupRule == ruleName && answer.steps.first?.rule == ruleName)
                #expect(answer.stage == (access == "Allow" ? "ownRules" : "inboundGroup"))
            }
            let refused = try lab.connector(in: .client, to: LabZone.internet.address, port: 8081)
            let shown = try await run(gateway, "policy", "show", "--zone", "internet").required().output
            #expect(shown.contains("edge/defaultSecurityRules/DenyAllInBound") && shown.contains("10.0.0.0/8"))

            let next = try write("next.yaml", rules: rule("no", 200, "Deny", "\"*\""))
            let diff = try await run(gateway, "policy", "diff", next).required().output
            #expect(diff.contains("- edge inbound: edge/web removed\n1 live session would end\n"))
            #expect(try await run(gateway, "policy", "diff", text).required().output.contains("changes no rule"))
            #expect(client.errors.isEmpty && refused.events("connected").isEmpty)
            try await lab.execute(in: .gateway, ["cp", next, gateway.configurationPath]).required()
            #expect(try await run(gateway, "reload").required().output.contains("1 sessions ended"))
            try await client.waitFor("error", within: .seconds(5))
            try await server.waitFor("error", within: .seconds(5))
        }
    }

    @Test("OPS-2 a user without permission gets an error, and an exit code that does not stand for health")
    func notPermitted() async throws {
        try await withGateway(number: 6) { gateway in
            // Another user than root runs a copy that everybody may read. A separate program makes the copy. If this process
            // made it, a child of another test could inherit the descriptor for writing, and the copy would be "busy".
            let copy = "/tmp/\(gateway.lab.name)-binary"
            defer { unlink(copy) }
            try await gateway.lab.execute(in: .gateway, ["cp", gateway.binary, copy]).required()
            let asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            for gatewayOption in [[], ["--gateway", gateway.lab.name]] {
                let outcome = try await gateway.lab.execute(
                    in: .gateway, asNobody + [copy, "status"] + gatewayOption)
                #expect(outcome.exit == .code(77), "\(outcome.allOutput)")
                #expect(outcome.errors.contains("only root may"))
                #expect(outcome.output == "")
            }
        }
    }

    @Test("OPS-1 a real drop is counted under its reason, and status names every reason")
    func drops() async throws {
        try await withGateway(number: 3) { gateway in
            let client = try gateway.lab.connector(in: .client, to: LabZone.internet.address, port: 23)
            struct Drops: Decodable { let drops: [String: UInt64] }
            var drops: [String: UInt64] = [:]
            _ = try await eventually(within: .seconds(10), every: .milliseconds(200)) {
                let text = try await run(gateway, "status", "--json").output
                drops = try JSONDecoder().decode(Drops.self, from: Data(text.utf8)).drops
                return drops["denied"] ?? 0 > 0
            }
            await client.process.terminate()
            #expect(drops["denied"] ?? 0 > 0)
            #expect(Set(drops.keys) == Set(DropReason.allCases.map(\.name)))
        }
    }

    @Test("the demo's sessions pass: IDLE-1, IDLE-2, IDLE-3, IDLE-4, RST-5, OPS-1, SESS-3; all is removed at the end")
    func demo() async throws {
        let name = LiveTests.name(4)
        let demo = try ChildProcess([try SluiceBinary.path(), "demo", "--only", "sessions", "--json", "--name", name])
        let exit = await demo.waitForExit(within: .seconds(120))
        expectNothingLeft(of: name)
        await demo.terminate()
        try Lab.down(name: name)
        #expect(exit == .code(0), "\(demo.allOutput)")
        let report = try JSONDecoder().decode(DemoReport.self, from: Data(demo.standardOutput.utf8))
        #expect(report.passed)
        #expect(report.seconds < 120)
        let rules = Set(report.verdicts.filter { $0.verdict == .pass }.map(\.rule))
        #expect(rules.isSuperset(of: ["IDLE-1", "IDLE-2", "IDLE-3", "IDLE-4", "RST-5", "OPS-1", "SESS-3"]))
    }

    @Test("Ctrl-C ends the demo and cleans up")
    func interruptedDemo() async throws {
        let name = LiveTests.name(5)
        let demo = try ChildProcess([try SluiceBinary.path(), "demo", "--name", name])
        try await demo.waitForText("now idle", within: .seconds(60))
        demo.send(signal: SIGINT)
        let exit = await demo.waitForExit(within: .seconds(30))
        #expect(exit == .code(130))
        expectNothingLeft(of: name)
        await demo.terminate()
        try Lab.down(name: name)
    }
}
