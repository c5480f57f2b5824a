import FlowCore
import Glibc
import Kernel
import Lab
import Testing

@testable import Gateway

/// A gateway in network namespaces, with real sockets as its sessions' ends.
@Suite(.serialized) struct WholeGatewayTests {
    static let northSouthIdle = Duration.seconds(240) / scale
    static let patience = Duration.seconds(6)

    @Test("IDLE-1 IDLE-2 IDLE-3 an idle N-S session is reset at both ends; an idle E-W one ends silently")
    func idle() async throws {
        try await withRunningGateway { lab, _ in
            let inner = try await lab.session(to: .peer)
            let outer = try await lab.session(to: .internet)
            let start = ContinuousClock.now
            try await outer.client.waitFor("error", within: Self.northSouthIdle + Self.patience)
            #expect(ContinuousClock.now - start >= Self.northSouthIdle - .milliseconds(500))
            try await outer.server.waitFor("error", within: Self.patience)
            #expect(outer.client.errors == ["ECONNRESET"] && outer.server.errors == ["ECONNRESET"])
            let isGone = await eventually(within: Self.patience) { (try? lab.establishedSessions().isEmpty) == true }
            #expect(isGone)
            #expect(inner.client.errors.isEmpty && inner.server.errors.isEmpty)
            let received = inner.server.events("data").count
            inner.client.perform("send 10")
            try await Task.sleep(for: .seconds(1))
            #expect(inner.server.events("data").count == received)
            #expect(inner.client.errors.isEmpty)
        }
    }

    @Test("RST-5 a session reset by hand ends at both ends at once")
    func resetByHand() async throws {
        try await withRunningGateway { lab, _ in
            let session = try await lab.session(to: .internet)
            let sessions = try lab.establishedSessions()
            #expect(sessions.count == 1)
            let client = GatewayClient(gateway: lab.name)
            #expect(try client.reset(sessions) == 1)
            try await session.client.waitFor("error", within: .seconds(2))
            try await session.server.waitFor("error", within: .seconds(2))
            #expect(session.client.errors == ["ECONNRESET"] && session.server.errors == ["ECONNRESET"])
            #expect(try client.reset(sessions) == 0)
        }
    }

    @Test("OPS-3 NSG-3 a reload keeps sessions, but ends those that the rules deny now; one that fails changes nothing")
    func reload() async throws {
        try await withRunningGateway { lab, gateway in
            let kept = try await lab.session(to: .internet, port: 8000)
            let denied = try await lab.session(to: .internet, port: 8001)
            let file = gateway.configurationPath
            let text = lab.configuration(
                timeScale: scale,
                rules: [
                    #"name: no, priority: 90, access: Deny, protocol: Tcp, source: "*", destination: "*", destinationPorts: [8001]"#
                ])
            try FileStore.replace(file, with: Array("nonsense: true\n".utf8))
            let failure = #expect(throws: GatewayClient.Failure.self) { try GatewayClient(gateway: lab.name).reload() }
            #expect(failure?.description.contains("Nothing was changed.") == true)
            try FileStore.replace(file, with: Array(text.utf8))
            let summary = try GatewayClient(gateway: lab.name).reload()
            #expect(summary.contains("1 sessions ended"))
            try await denied.client.waitFor("error", within: .seconds(2))
            #expect(denied.client.errors == ["ECONNRESET"] && denied.server.errors == ["ECONNRESET"])
            kept.client.perform("send 10")
            try await kept.client.waitFor("data", count: 2, within: .seconds(5))
            let again = try lab.connector(in: .client, to: LabZone.internet.address, port: 8001)
            try await Task.sleep(for: .seconds(1))
            #expect(again.events("connected").isEmpty)
        }
    }

    @Test(
        "RECOV-3 an instance that is killed is replaced, and goes on where it was: sessions live on, and end when due")
    func killInstance() async throws {
        try await withRunningGateway(extra: preserve) { lab, _ in
            let session = try await lab.session(to: .internet)
            let first = try lab.owningProcess()
            kill(first, SIGKILL)
            let isReplaced = await eventually(within: .seconds(5)) { lab.isReplaced(first) }
            #expect(isReplaced)
            session.client.perform("send 10")
            try await session.client.waitFor("data", count: 2, within: .seconds(5))
            #expect(session.client.errors.isEmpty)
            try await session.client.waitFor("error", within: Self.northSouthIdle + Self.patience)
            #expect(session.client.errors == ["ECONNRESET"])
        }
    }

    @Test("RECOV-3 a killed controller leaves a gateway that forwards, admits and ages; the next one finds everything")
    func killController() async throws {
        try await withRunningGateway { lab, gateway in
            let session = try await lab.session(to: .internet)
            let instances = try lab.instanceProcesses()
            gateway.process.send(signal: SIGKILL)
            _ = await gateway.process.waitForExit(within: .seconds(5))
            let other = try await lab.session(to: .internet, port: 8001)
            session.client.perform("send 10")
            try await session.client.waitFor("data", count: 2, within: .seconds(5))
            let next = try await lab.startGateway(configuration: lab.configuration(timeScale: scale))
            #expect(try lab.instanceProcesses() == instances)
            session.client.perform("send 10")
            try await session.client.waitFor("data", count: 3, within: .seconds(5))
            #expect(session.client.errors.isEmpty && other.client.errors.isEmpty)
            try await other.client.waitFor("error", within: Self.northSouthIdle + Self.patience)
            try await other.server.waitFor("error", within: Self.patience)
            #expect(other.server.errors == ["ECONNRESET"])
            #expect(await next.stop() == .code(0))
            #expect(!Datapath.exists(gateway: lab.name))
            #expect(access(RunDirectory(gateway: lab.name).path, F_OK) != 0)
        }
    }

    @Test("BAD-6 a second controller is refused with the first one's process, and disturbs nothing")
    func second() async throws {
        try await withRunningGateway { lab, gateway in
            let result = try await lab.execute(
                in: .gateway, [gateway.binary, "run", "--config", gateway.configurationPath], within: .seconds(10))
            #expect(!result.succeeded)
            #expect(result.errors.contains("process \(gateway.process.identifier) holds"))
            try GatewayClient(gateway: lab.name).ping()
            _ = try await lab.session(to: .internet)
        }
    }

    @Test("BAD-6 a start that fails leaves nothing behind: no pins, no guard, no run directory, no forwarding")
    func failedStart() async throws {
        try await withRunningGateway { lab, gateway in
            #expect(await gateway.stop() == .code(0))
            try await lab.execute(in: .gateway, ["nft", "flush", "ruleset"]).required()
            let before = try await lab.execute(in: .gateway, ["sysctl", "net.ipv4.ip_forward"]).output
            // A foreign program is on the last interface, so that every step before it is done and must be undone.
            let other = lab.configuration(timeScale: scale).replacing(
                "gateway: \(lab.name)", with: "gateway: \(lab.name)-b")
            let holder = try await lab.startGateway(configuration: other)
            let path = try lab.write(lab.configuration(timeScale: scale), to: "second.yaml")
            let result = try await lab.execute(
                in: .gateway, [gateway.binary, "run", "--config", path], within: .seconds(10))
            #expect(!result.succeeded)
            #expect(result.errors.contains("is taken"))
            #expect(!Datapath.exists(gateway: lab.name))
            #expect(access(RunDirectory(gateway: lab.name).path, F_OK) != 0)
            let rules = try await lab.execute(in: .gateway, ["nft", "list", "tables"]).output
            #expect(!rules.split(separator: "\n").contains { $0.hasSuffix(GatewayName.table(lab.name)) })
            #expect(await holder.stop() == .code(0))
            #expect(try await lab.execute(in: .gateway, ["sysctl", "net.ipv4.ip_forward"]).output == before)
        }
    }

    @Test("IDLE-5 probed ends that are there keep their session for ever; when one has gone, the other is reset")
    func probe() async throws {
        let rule =
            #"name: probed, priority: 90, access: Allow, protocol: Tcp, source: "*", destination: "*", "#
            + "destinationPorts: [8002], idleTimeout: 2m, onIdle: probe"
        try await withRunningGateway { lab, gateway in
            try FileStore.replace(
                gateway.configurationPath, with: Array(lab.configuration(timeScale: scale, rules: [rule]).utf8))
            _ = try GatewayClient(gateway: lab.name).reload()
            let session = try await lab.session(to: .internet, port: 8002)
            // Four idle timeouts of 1.5 s.
            try await Task.sleep(for: .seconds(6))
            #expect(try lab.establishedSessions().count == 1)
            #expect(session.client.errors.isEmpty && session.server.errors.isEmpty)
            try await lab.execute(in: .internet, ["ip", "link", "set", LabZone.hostInterface, "down"]).required()
            try await session.client.waitFor("error", within: .seconds(2) + Self.patience)
            #expect(session.client.errors == ["ECONNRESET"])
        }
    }

    @Test("RECOV-1 an instance that hangs is ended and replaced; the sessions live on")
    func hangingInstance() async throws {
        try await withRunningGateway(extra: preserve) { lab, gateway in
            let text = lab.configuration(timeScale: 1, extra: preserve)
            try FileStore.replace(gateway.configurationPath, with: Array(text.utf8))
            _ = try GatewayClient(gateway: lab.name).reload()
            let session = try await lab.session(to: .internet)
            let first = try lab.owningProcess()
            kill(first, SIGSTOP)
            let isReplaced = await eventually(within: .seconds(10)) { lab.isReplaced(first) }
            #expect(isReplaced)
            #expect(kill(first, 0) != 0)
            session.client.perform("send 10")
            try await session.client.waitFor("data", count: 2, within: .seconds(5))
        }
    }

    @Test("RECOV-3 a successor that asks for another capacity goes on with the configuration in force, and says so")
    func otherCapacity() async throws {
        try await withRunningGateway { lab, gateway in
            let session = try await lab.session(to: .internet)
            gateway.process.send(signal: SIGKILL)
            _ = await gateway.process.waitForExit(within: .seconds(5))
            let next = try await lab.startGateway(configuration: lab.configuration(timeScale: scale, sessions: 65_536))
            let status = try await next.command("status")
            #expect(
                status.exit == .code(1)
                    && status.output.contains(
                        "capacity.sessions: gateway \(lab.name) is in the kernel with room for 16384"),
                "\(status.allOutput)")
            session.client.perform("send 10")
            try await session.client.waitFor("data", count: 2, within: .seconds(5))
            #expect(await next.stop() == .code(0))
        }
    }
}
