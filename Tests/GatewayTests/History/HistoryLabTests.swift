import Foundation
import Glibc
import Kernel
import Lab
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite("The history of a running gateway", .serialized)
struct HistoryLabTests {
    private func events(_ lab: Lab) -> [HistoryEvent] {
        let path = HistoryPath.of(gateway: lab.name, in: "\(lab.directory)/state")
        return (try? HistoryReader(path: path).events()) ?? []
    }

    private func wait(for kind: String, in lab: Lab, count: Int = 1) async throws {
        let came = await eventually(within: .seconds(15)) { events(lab).filter { $0.kind == kind }.count >= count }
        try #require(came, "waited without success for \(kind): \(events(lab).map(\.kind))")
    }

    @Test("OPS-4 starts, reloads, resets, lost instances and controllers are in the history, which survives them all")
    func life() async throws {
        try await withRunningGateway { lab, gateway in
            _ = try await lab.session(to: .internet)
            _ = try await gateway.command("session", "reset", "--all").required()
            kill(try lab.owningProcess(), SIGKILL)
            try await wait(for: "instanceRecovered", in: lab)
            let text = lab.configuration(timeScale: scale)
            try await gateway.reload(
                text.replacing("  - { name: peer, interfaces: [peer0] }\n", with: ""))
            try FileStore.replace(gateway.configurationPath, with: Array("nonsense: true\n".utf8))
            _ = try await gateway.command("reload")
            gateway.process.send(signal: SIGKILL)
            _ = await gateway.process.waitForExit(within: .seconds(5))
            let next = try await lab.startGateway(configuration: text)
            _ = try await lab.session(to: .internet, port: 8001)
            #expect(await next.stop() == .code(0))

            let all = events(lab)
            let ofGateway = all.filter { !$0.subject.hasPrefix("instance ") && $0.subject != "fleet" }
            #expect(
                ofGateway.map(\.kind) == [
                    "gatewayStarted", "sessionsReset", "interfaceDetached", "configurationReloaded",
                    "configurationRefused", "gatewayTookOver", "gatewayStopped",
                ])
            let counts = Dictionary(grouping: all, by: \.kind).mapValues(\.count)
            #expect(counts["instanceStarting"] == 3 && counts["instanceServing"] == 3)
            #expect(counts["instanceUnresponsive"] == 1 && counts["instanceRecovered"] == 1)
            #expect(counts["fleetRestored"] == 1)
            #expect(all.map(\.id) == Array(1...Int64(all.count)))
            #expect(all.map(\.time) == all.map(\.time).sorted())
            let reset = try #require(all.first { $0.kind == "sessionsReset" })
            #expect(reset.detail["asked"] == 1 && reset.detail["reset"] == 1)
            // OPS-4: who did it.
            guard case .text(let by)? = reset.detail["by"] else { throw LabError.leftBehind("an event without 'by'") }
            #expect(by.hasPrefix("root (uid 0), process "), "\(by)")
            let stopped = try #require(all.last)
            #expect(stopped.cause == "SIGTERM" && stopped.detail["sessionsLeft"] == 1)
            #expect(all.first { $0.kind == "interfaceDetached" }?.subject == "interface peer0")

            // The gateway has stopped, and its history is there.
            let list = try await lab.execute(
                in: .gateway,
                [
                    gateway.binary, "event", "list", "--gateway", lab.name, "--state-directory",
                    "\(lab.directory)/state", "--instance", "1", "--kind", "instanceServing",
                ]
            ).required()
            #expect(list.output.split(separator: "\n").count == 2, "\(list.output)")
            #expect(list.output.contains("instance 1"))
        }
    }

    @Test("OPS-4 the stop of a gateway counts why sessions have ended")
    func endReasons() async throws {
        try await withRunningGateway { lab, gateway in
            let idle = try await lab.session(to: .internet)
            let closed = try await lab.session(to: .internet, port: 8001)
            closed.client.perform("close")
            closed.server.perform("close")
            try await idle.client.waitFor("error", within: WholeGatewayTests.northSouthIdle + .seconds(6))
            // The tombstone times of both are over.
            let counted = await eventually(within: .seconds(10)) {
                (try? Datapath.open(gateway: lab.name))?.sessionTallies.endsByName.values.reduce(0, +) ?? 0 >= 2
            }
            #expect(counted)
            #expect(await gateway.stop() == .code(0))
            let stopped = try #require(events(lab).last { $0.kind == "gatewayStopped" })
            #expect(stopped.detail["ended"] == .object(["idleReset": 1, "fin": 1]), "\(stopped.detail)")
        }
    }

    @Test(
        "BAD-6 a full disk under the history: the gateway goes on, status says so, and the events come when there is room"
    )
    func fullDisk() async throws {
        let place = TemporaryDirectory()
        let disk = "\(place.path)/disk"
        mkdir(disk, 0o700)
        try #require(mount("tmpfs", disk, "tmpfs", 0, "size=1m") == 0)
        defer { umount2(disk, Int32(MNT_DETACH)) }
        try await withRunningGateway { lab, gateway in
            let text = lab.configuration(timeScale: scale).replacing("\(lab.directory)/state", with: disk)
            #expect(await gateway.stop() == .code(0))
            let gateway = try await lab.startGateway(configuration: text)
            let descriptor = open("\(disk)/ballast", O_WRONLY | O_CREAT, 0o600)
            let page = [UInt8](repeating: 0, count: 4096)
            while Glibc.write(descriptor, page, page.count) > 0 {}
            close(descriptor)
            let session = try await lab.session(to: .internet)
            var said = ""
            for _ in 0..<60 where !said.contains("the history can't be written") {
                _ = try await gateway.command("reload").required()
                said = try await gateway.command("status").output
            }
            #expect(said.contains("degraded") && said.contains("no space is left"), "\(said)")
            session.client.perform("send 10")
            try await session.client.waitFor("data", count: 2, within: .seconds(5))
            unlink("\(disk)/ballast")
            let resumed = await eventually(within: .seconds(10)) {
                let path = HistoryPath.of(gateway: lab.name, in: disk)
                let kinds = (try? HistoryReader(path: path).events().map(\.kind)) ?? []
                return kinds.contains("problemEnded")
            }
            #expect(resumed)
            #expect(try await gateway.command("status").output.contains("the history") == false)
            #expect(await gateway.stop() == .code(0))
        }
    }
}
