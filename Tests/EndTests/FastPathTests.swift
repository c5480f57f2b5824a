import Inspection
import Lab
import TestSupport
import Testing

/// What the fast path leaves to the kernel's own forwarding, seen by real ends: the table in docs/explanation/fast-path.md.
extension EndTests {
    @Test("RST-1 both ends receive a reset if routing depends on the interface", arguments: IPVersion.allCases)
    func resetByInterface(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let (client, internet) = (LabZone.client, LabZone.internet)
            func route(_ words: [String]) async throws {
                try await lab.execute(in: .gateway, ["ip", "-\(version.rawValue)"] + words).required()
            }
            func prefix(_ zone: LabZone) -> String { version == .four ? zone.prefix : zone.prefix6 }
            // A socket of the gateway has no route to the server.
            try await route(["rule", "add", "iif", client.gatewayInterface, "lookup", "100"])
            try await route(["rule", "add", "iif", internet.gatewayInterface, "lookup", "101"])
            try await route(["route", "add", prefix(internet), "dev", internet.gatewayInterface, "table", "100"])
            try await route(["route", "add", prefix(client), "dev", client.gatewayInterface, "table", "101"])
            try await route(["route", "del", prefix(internet), "dev", internet.gatewayInterface])
            let pair = try await EndPair.open(in: lab, version)
            await pair.expectAlive()
            let inspector = try GatewayInspector(gateway: lab.name)
            let isHeard = await eventually(within: patience) {
                (try? inspector.status().routesByDestination) == false
            }
            #expect(isHeard)
            try await pair.reset()
            try await pair.expectResets()
            #expect(inspector.drops()["wrongZone"] == 0)
        }
    }

    @Test(
        "BAD-7 while IPsec policies exist, the kernel's own forwarding carries all packets, and status says so")
    func securityPolicies() async throws {
        try await withGateway { lab, gateway in
            let pair = try await EndPair.open(in: lab, .four)
            await pair.expectAlive()
            let inspector = try GatewayInspector(gateway: lab.name)
            let policy = ["src", LabZone.client.prefix, "dst", LabZone.internet.prefix, "dir", "fwd"]
            try await lab.execute(in: .gateway, ["ip", "xfrm", "policy", "add"] + policy + ["action", "block"])
                .required()
            #expect(await eventually(within: patience) { (try? inspector.status().leavesToKernel) == true })
            #expect(try await gateway.command("status").output.contains("IPsec"))
            let doctor = try await lab.execute(in: .gateway, [gateway.binary, "doctor"], within: .seconds(120))
            #expect(doctor.output.contains("ip xfrm policy"), "\(doctor.allOutput)")
            let before = pair.server.received
            pair.client.perform("send 1000")
            try await pass(.milliseconds(700))
            #expect(pair.server.received == before, "packets cross that a policy blocks")
            try await lab.execute(in: .gateway, ["ip", "xfrm", "policy", "delete"] + policy).required()
            #expect(await eventually(within: patience) { (try? inspector.status().leavesToKernel) == false })
            #expect(await eventually(within: patience) { pair.server.received == before + 1000 })
            await pair.expectAlive()
        }
    }

    @Test("BAD-6 an interface that is renamed while the gateway runs has no program after the gateway's stop")
    func renamedInterface() async throws {
        try await withTestLab(prefix: "sluice-ends") { lab in
            let gateway = try await lab.startGateway(configuration: lab.configuration())
            let old = LabZone.peer.gatewayInterface
            let commands = [["set", old, "down"], ["set", old, "name", "moved0"], ["set", "moved0", "up"]]
            for command in commands {
                try await lab.execute(in: .gateway, ["ip", "link"] + command).required()
            }
            let inspector = try GatewayInspector(gateway: lab.name)
            let isNoticed = await eventually(within: patience) {
                (try? inspector.status().controller.problems.contains { $0.contains("\(old) is gone") }) ?? false
            }
            #expect(isNoticed)
            #expect(await gateway.stop() == .code(0))
            let released = try await lab.execute(in: .gateway, [gateway.binary, "release", "moved0"])
            #expect(released.allOutput.contains("no program"), "\(released.allOutput)")
        }
    }
}
