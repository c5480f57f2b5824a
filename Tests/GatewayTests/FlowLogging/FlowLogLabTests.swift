import FlowLog
import Foundation
import Glibc
import Lab
import Policy
import Testing

@testable import Gateway

@Suite("Flow logs of a running gateway", .serialized)
struct FlowLogLabTests {
    @Test("LOG-1 LOG-2 the tuples of a session add up to what tcpdump counts at the far end")
    func addsUp() async throws {
        try await withLogging { lab, gateway, directory in
            try await lab.sendPlainPackets(from: .client, .peer)
            let capture = try await lab.captureArrivals(at: .zone(.peer), filter: "tcp port 8000")
            let (client, server) = try await lab.session(to: .peer)
            for _ in 0..<9 {
                client.perform("send 30000")
                try await Task.sleep(for: .seconds(1))
            }
            client.perform("close")
            try await Task.sleep(for: .milliseconds(300))
            server.perform("close")
            try await wait("the session's end") { items(directory, port: 8000).contains { $0.tuple.state == .end } }
            let tuples = items(directory, port: 8000).map(\.tuple)
            #expect(tuples.first?.state == .begin && tuples.last?.state == .end)
            let times = tuples.map(\.time)
            #expect(times == times.sorted())
            #expect(tuples.filter { $0.state == .continuing }.count >= 2, "one every 5 minutes, scaled to 3.75 s")
            let sum = tuples.reduce(FlowCounters()) { $0 + $1.counters }
            let seen = await capture.stop(source: LabZone.client.address)
            #expect(seen.packetsToDestination > 200)
            #expect(sum == seen)
            #expect(try FlowLogTree(directory).formats == [.virtualNetworkVersion4, .nsgVersion2])
            let query = try await gateway.command("flow-log", "query", "--port", "8000", "--json").required()
            #expect(query.output.contains("\"bytes\" : \(seen.bytes)"))
            let tail = try await gateway.command("flow-log", "tail", "--format", "nsg-v2").required()
            #expect(tail.output.contains("UserRule_services"))
        }
    }

    @Test("LOG-2 ends are logged with their reasons, denies once, and a killed instance loses and repeats nothing")
    func reasons() async throws {
        try await withLogging { lab, gateway, directory in
            _ = try await lab.session(to: .internet)
            let first = try lab.owningProcess()
            try await wait("the begin") { !items(directory, port: 8000).isEmpty }
            kill(first, SIGKILL)
            try await wait("another instance") { lab.isReplaced(first) }
            // Idle for 3 s: reset.
            try await wait("the end") { items(directory, port: 8000).contains { $0.tuple.state == .end } }
            #expect(items(directory, port: 8000).filter { $0.tuple.state == .begin }.count == 1)
            #expect(items(directory, port: 8000).filter { $0.tuple.state == .end }.count == 1)
            _ = try await lab.execute(
                in: .zone(.client), ["timeout", "0.5", "bash", "-c", "echo > /dev/tcp/\(LabZone.internet.address)/23"])
            try await wait("the deny") { !items(directory, port: 23).isEmpty }
            let denies = items(directory, port: 23)
            #expect(denies.count == 1, "one SYN in half a second")
            #expect(denies.allSatisfy { $0.rule == "DefaultRule_DenyAllOutBound" && $0.tuple.state == .denied })
            let lines = LogTree.files(in: directory, containers: [RecordPath.sessionContainer]).map {
                (try? String(contentsOfFile: "\(directory)/\($0.path)", encoding: .utf8)) ?? ""
            }.joined()
            #expect(lines.contains("\"reason\":\"idleReset\""))
            #expect(lines.contains("\"rule\":\"services\""))
            #expect(gateway.process.isRunning)
        }
    }

    @Test("LOG-3 a full directory stops nothing: status says so, and the log continues when there is room")
    func full() async throws {
        try await withLogging { path in
            try #require(mount("tmpfs", path, "tmpfs", 0, "size=256k") == 0)
        } _: { lab, gateway, directory in
            let filler = directory + "/filler"
            let descriptor = open(filler, O_WRONLY | O_CREAT, 0o600)
            let page = [UInt8](repeating: 1, count: 4096)
            while Glibc.write(descriptor, page, page.count) > 0 {}
            close(descriptor)
            let (client, _) = try await lab.session(to: .internet, port: 8001)
            var said = ""
            for _ in 0..<50 where !said.contains("No space left") {
                try await Task.sleep(for: .milliseconds(200))
                said = try await gateway.command("status").output
            }
            #expect(said.contains("No space left") && said.contains("degraded"))
            client.perform("send 10")
            unlink(filler)
            try await wait("the log to go on") {
                items(directory, port: 8001).contains { $0.tuple.state == .begin }
            }
            try await Task.sleep(for: .seconds(1))
            #expect(try await gateway.command("status").output.contains("No space left") == false)
        }
    }

    @Test("LOG-3 a directory that vanishes stops nothing: status says what to do, and the log continues later")
    func vanished() async throws {
        try await withLogging { lab, gateway, directory in
            let (client, _) = try await lab.session(to: .internet, port: 8001)
            try await wait("the begin") { !items(directory, port: 8001).isEmpty }
            try FileManager.default.removeItem(atPath: directory)
            _ = try await lab.session(to: .internet, port: 8002)
            var said = ""
            for _ in 0..<50 where !said.contains("create the directory again") {
                try await Task.sleep(for: .milliseconds(200))
                said = try await gateway.command("status").output
            }
            #expect(said.contains("degraded") && said.contains("create the directory again, or mount it"), "\(said)")
            client.perform("send 10")
            try await client.waitFor("data", count: 2, within: .seconds(5))
            mkdir(directory, 0o700)
            try await wait("the log to go on") { items(directory, port: 8002).contains { $0.tuple.state == .begin } }
            try await Task.sleep(for: .seconds(1))
            #expect(try await gateway.command("status").output.contains("make the directory") == false)
        }
    }
}
