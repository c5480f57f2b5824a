import Foundation
import Glibc
import Lab
import TestSupport
import Testing

/// SIGUSR2: a controller hands its gateway over to the next one, and no session is affected (PKG-3).
@Suite(.serialized) struct HandOverTests {
    private static let continuities = ["disruptive", "preserve"]

    @Test(
        "PKG-3 a controller is replaced repeatedly: every connection continues, every byte arrives, nothing is dropped",
        arguments: continuities)
    func again(continuity: String) async throws {
        try await FleetLab.with(continuity: continuity) { first in
            var fleet = first
            let crowd = try await Crowd.begin(fleet, count: 60)
            let owners = try await fleet.owners()
            let processes = try await fleet.status().instances.map(\.processIdentifier)
            let drops = try await fleet.drops()
            for number in 1...3 {
                try await fleet.handOver()
                #expect(processes.allSatisfy { kill($0, 0) == 0 }, "the instances continue")
                try await crowd.expectAlive("no controller runs")
                // Meanwhile the kernel admits new sessions.
                let more = try await Crowd.begin(fleet, count: 10, port: 8010 + number)
                fleet = try await fleet.startController()
                try await more.expectAlive("a controller runs again")
                #expect(try await fleet.status().instances.map(\.processIdentifier) == processes)
            }
            try await crowd.expectEveryByte()
            #expect(try await fleet.owners().filter { owners[$0.key] != nil } == owners, "no session has moved")
            #expect(try await fleet.drops() == drops)
            let kinds = try await fleet.kinds()
            #expect(kinds.filter { $0 == "gatewayHandedOver" }.count == 3)
            #expect(kinds.filter { $0 == "gatewayTookOver" }.count == 3)
            #expect(!kinds.contains("gatewayStopped") && !kinds.contains("instanceUnresponsive"))
            #expect(await fleet.gateway.stop() == .code(0))
        }
    }

    @Test("PKG-3 DRAIN-2 hand-over during a drain: the drain continues, its sessions are reset on time, and no others")
    func drain() async throws {
        try await FleetLab.with { first in
            var fleet = first
            let crowd = try await Crowd.begin(fleet, count: 60)
            let leaving = try await fleet.owners().filter { $0.value == 1 }.keys
            try #require(!leaving.isEmpty && leaving.count < crowd.count)
            #expect(try await fleet.run("instance", "drain", "1").succeeded)
            for _ in 0..<2 {
                try await fleet.handOver()
                fleet = try await fleet.startController()
            }
            try await fleet.waitFor("the end of the drained instance", within: .seconds(30)) { status in
                status.serving == 2 && !status.instances.contains { $0.identifier == 1 }
            }
            #expect(Set(crowd.client.errors) == ["ECONNRESET"])
            #expect(crowd.client.errors.count == leaving.count && crowd.server.errors.count == leaving.count)
        }
    }

    @Test("PKG-3 MAINT-1 hand-over during maintenance: the maintenance continues to its end", arguments: continuities)
    func maintenance(continuity: String) async throws {
        try await FleetLab.with(continuity: continuity, timeScale: 30) { first in
            var fleet = first
            let crowd = try await Crowd.begin(fleet, count: 60)
            let before = try await fleet.status().instances.map(\.processIdentifier)
            #expect(try await fleet.run("maintenance", "start", "--now").succeeded)
            for _ in 0..<3 {
                try await fleet.handOver()
                fleet = try await fleet.startController()
            }
            let done = try await fleet.waitFor("its end", within: .seconds(40)) {
                $0.maintenance?.phase == "completed" && $0.instances.count == 2
            }
            #expect(done.instances.allSatisfy { !before.contains($0.processIdentifier) })
            if continuity == "preserve" {
                try await crowd.expectEveryByte()
            } else {
                // As documented: each instance has reset its sessions.
                #expect(crowd.client.errors.count == crowd.count && Set(crowd.client.errors) == ["ECONNRESET"])
            }
        }
    }

    @Test(
        "PKG-3 RECOV-1 hand-over during a recovery: the next controller replaces the dead instance",
        arguments: continuities)
    func recovery(continuity: String) async throws {
        try await FleetLab.with(continuity: continuity) { first in
            var fleet = first
            let crowd = try await Crowd.begin(fleet, count: 60)
            let lost = try await fleet.owners().filter { $0.value == 1 }.count
            let dead = try await fleet.process(1)
            kill(dead, SIGKILL)
            try await fleet.handOver()
            fleet = try await fleet.startController()
            try await fleet.waitFor("a replacement", within: .seconds(15)) { status in
                status.serving == 2 && !status.instances.contains { $0.processIdentifier == dead }
            }
            if continuity == "preserve" {
                try await crowd.expectEveryByte()
            } else {
                let left = try await fleet.owners().count
                #expect(left == crowd.count - lost, "only the dead instance's sessions are lost")
                #expect(crowd.client.errors.isEmpty, "without a reset, as documented")
            }
        }
    }

    @Test(
        "PKG-3 a waiting client gets its answer, and SIGUSR2 during the start hands over once the controller is ready")
    func answers() async throws {
        try await FleetLab.with { first in
            let reload = try first.lab.spawn(
                in: .gateway, [first.gateway.binary, "reload", "--gateway", first.lab.name])
            try await first.gateway.process.waitForText("reading the configuration again", within: .seconds(5))
            try await first.handOver()
            let exit = await reload.waitForExit(within: .seconds(5))
            #expect(exit == .code(0) || reload.standardError.contains("is being replaced"), "\(reload.allOutput)")
            let path = first.gateway.configurationPath
            let early = try first.lab.spawn(in: .gateway, [first.gateway.binary, "run", "--config", path])
            // It handles signals before it takes the lock.
            let hasBegun = await eventually(within: .seconds(10)) {
                let holder = try? String(contentsOfFile: "/run/sluice/\(first.lab.name)/lock", encoding: .utf8)
                return holder == "\(early.identifier)\n"
            }
            #expect(hasBegun)
            early.send(signal: SIGUSR2)
            #expect(await early.waitForExit(within: .seconds(15)) == .code(0), "\(early.allOutput)")
            #expect(early.standardError.contains("handed over"))
            let fleet = try await first.startController()
            #expect(try await fleet.status().serving == 2)
        }
    }

    @Test("PKG-2 the service manager receives: start, ready, status, watchdog messages, a reload, a hand-over")
    func notices() async throws {
        let manager = try FakeServiceManager()
        try await withTestLab(prefix: "sluice-fl") { lab in
            let text = lab.configuration(timeScale: 10)
            let environment = ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"]
            let gateway = try await lab.startGateway(configuration: text, environment: environment)
            try await manager.waitFor("status and watchdog messages") { messages in
                messages.contains { $0.hasPrefix("STATUS=Healthy: 2 of 2 instances serve") }
                    && messages.count { $0 == "WATCHDOG=1" } > 3
            }
            let start = try #require(manager.messages.firstIndex(of: "READY=1"))
            #expect(manager.messages[..<start].allSatisfy { $0.contains("EXTEND_TIMEOUT_USEC=") })
            #expect(manager.messages[..<start].contains { $0.hasPrefix("STATUS=Starting: loading the kernel program") })
            #expect(!manager.messages[start...].contains { $0.hasPrefix("RELOADING=1") })
            try await gateway.reload(text + "\n# changed\n")
            try await manager.waitFor("the reload's end") { messages in
                guard let begin = messages.lastIndex(where: { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") }) else {
                    return false
                }
                return messages[begin...].contains("READY=1")
            }
            // A loop that is stopped sends no watchdog message.
            kill(gateway.process.identifier, SIGSTOP)
            try await Task.sleep(for: .milliseconds(300))
            let before = manager.messages.count
            try await Task.sleep(for: .milliseconds(1200))
            #expect(manager.messages.count == before)
            kill(gateway.process.identifier, SIGCONT)
            gateway.process.send(signal: SIGUSR2)
            #expect(await gateway.process.waitForExit(within: .seconds(10)) == .code(0))
            #expect(manager.messages.last == "STOPPING=1")
            let next = try await lab.startGateway(configuration: text, environment: environment)
            #expect(await next.stop() == .code(0))
            #expect(manager.messages.last == "STOPPING=1")
        }
    }
}

extension FleetLab {
    /// Makes the controller hand over, and waits for its end.
    func handOver(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        gateway.process.send(signal: SIGUSR2)
        let exit = await gateway.process.waitForExit(within: .seconds(10))
        #expect(exit == .code(0), "\(gateway.process.allOutput)", sourceLocation: sourceLocation)
    }

    /// Packets that the kernel program has dropped, by reason, without those for the gateway itself.
    func drops() async throws -> [String: Int] {
        let output = try await run("status", "--json").output
        let status = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
        var drops = try #require(status["drops"] as? [String: Int])
        drops["hostDenied"] = nil
        return drops
    }

    /// The kinds of all events, in order.
    func kinds() async throws -> [String] {
        let output = try await run("event", "list", "--limit", "1000", "--json").output
        let events = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
        return events.compactMap { $0["kind"] as? String }
    }
}
