import FlowCore
import FlowLayout
import Glibc
import Kernel
import Lab
import Policy
import Testing

@testable import Gateway

/// Changes of network security groups on a running gateway, under traffic.
@Suite(.serialized) struct GroupChangeTests {
    /// A configuration whose internet zone has a group of one denial beyond the rules that the lab needs.
    private func text(_ lab: Lab, deniedPort: Int, flushes: Bool, group: String = "edge") -> String {
        let zone = LabZone.internet
        let plain = "{ name: \(zone.rawValue), interfaces: [\(zone.gatewayInterface)] }"
        let groups = """
            networkSecurityGroups:
              - name: edge
                flushConnection: \(flushes)
                rules:
                  - { name: no, priority: 100, direction: Inbound, access: Deny, protocol: Tcp, source: "*", destination: "*", destinationPorts: \(deniedPort) }
                  - { name: rest, priority: 200, direction: Inbound, access: Allow, protocol: "*", source: "*", destination: "*" }
            """
        return lab.configuration(timeScale: 1, extra: groups)
            .replacing(plain, with: plain.replacing(" }", with: ", networkSecurityGroup: \(group) }"))
    }

    @Test(
        "NSG-3 NSG-4 NSG-8 groups change under traffic: sessions live on, new ones are judged at once; flushConnection ends what is denied now",
        .timeLimit(.minutes(2)))
    func change() async throws {
        try await withRunningGateway { lab, gateway in
            func apply(_ text: String) throws -> String {
                try FileStore.replace(gateway.configurationPath, with: Array(text.utf8))
                return try GatewayClient(gateway: lab.name).reload()
            }
            func isRefused(port: Int) async throws -> Bool {
                let client = try lab.connector(in: .client, to: LabZone.internet.address, port: port)
                _ = try? await client.waitFor("connected", within: .seconds(1))
                return client.events("connected").isEmpty
            }
            _ = try apply(text(lab, deniedPort: 9999, flushes: false))
            let kept = try await lab.session(to: .internet, port: 8000)
            let other = try await lab.session(to: .internet, port: 8001)
            let datapath = try Datapath.open(gateway: lab.name)
            let slot = try #require(try lab.establishedSessions().first).slot
            let names = try RunDirectory(gateway: lab.name).ruleNames()
            #expect(names[datapath.table.sessions[Int(slot)].groupRule] == "edge/rest")
            #expect(names[datapath.table.sessions[Int(slot)].rule] == "services")

            // Without flushConnection the group does not end the session, under traffic, and denies the next one.
            let exchange = Task {
                for turn in 0..<40 {
                    kept.client.perform("send 10")
                    try await kept.client.waitFor("data", count: 2 + turn, within: .seconds(5))
                    other.client.perform("send 10")
                    try await other.client.waitFor("data", count: 2 + turn, within: .seconds(5))
                }
            }
            for turn in 0..<6 {
                let summary = try apply(text(lab, deniedPort: turn % 2 == 0 ? 8001 : 9999, flushes: false))
                #expect(!summary.contains("ended"))
            }
            _ = try apply(text(lab, deniedPort: 8001, flushes: false))
            try await exchange.value
            #expect(kept.client.errors.isEmpty && other.client.errors.isEmpty)
            #expect(try await isRefused(port: 8001))

            // With it, the sessions that the group denies end with resets at both ends, and no others.
            #expect(try apply(text(lab, deniedPort: 8001, flushes: true)).contains("1 sessions ended"))
            try await other.client.waitFor("error", within: .seconds(3))
            try await other.server.waitFor("error", within: .seconds(3))
            #expect(other.client.errors == ["ECONNRESET"] && other.server.errors == ["ECONNRESET"])
            kept.client.perform("send 10")
            try await kept.client.waitFor("data", count: 42, within: .seconds(5))

            // A file with a mistake changes nothing.
            let failure = #expect(throws: GatewayClient.Failure.self) {
                try apply(text(lab, deniedPort: 70000, flushes: true))
            }
            #expect(failure?.description.contains("Nothing was changed.") == true)
            #expect(try await isRefused(port: 8001))
            #expect(kept.client.errors.isEmpty)
        }
    }
}

extension RunDirectory {
    fileprivate func ruleNames() throws -> [UInt16: String] {
        try read(RuleIdentities.self, from: rulesPath)?.names ?? [:]
    }
}
