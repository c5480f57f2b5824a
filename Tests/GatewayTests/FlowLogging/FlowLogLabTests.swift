import FlowLog
import Foundation
import Glibc
import Lab
import Testing

@testable import Gateway

/// Runs a test in a lab whose gateway logs into a directory of the test's own.
private func withLogging(
    _ prepare: (String) throws -> Void = { _ in },
    _ body: (Lab, LabGateway, String) async throws -> Void
) async throws {
    let directory = TemporaryDirectory()
    let path = directory.path + "/log"
    mkdir(path, 0o700)
    try prepare(path)
    defer { umount2(path, Int32(MNT_DETACH)) }
    try await withRunningGateway(extra: "flowLog: { directory: \(path) }") { lab, gateway in
        try await body(lab, gateway, path)
    }
}

private func items(_ directory: String, port: UInt16) -> [FlowLogDocument.Item] {
    var found: [FlowLogDocument.Item] = []
    var filter = FlowLogFilter()
    filter.port = port
    _ = FlowLogReading.forEach(in: directory, container: RecordPath.version4Container, filter: filter) {
        found.append($0)
    }
    return found
}

private func wait(_ what: String, within limit: Duration = .seconds(15), _ condition: () throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while try !condition() {
        try #require(ContinuousClock.now < end, "waited in vain for \(what)")
        try await Task.sleep(for: .milliseconds(100))
    }
}

@Suite("Flow logs of a running gateway", .serialized)
struct FlowLogLabTests {
    @Test("LOG-1 LOG-2 the tuples of a session add up to what tcpdump counts at the far end")
    func addsUp() async throws {
        try await withLogging { lab, gateway, directory in
            for place in [LabPlace.zone(.client), .zone(.peer)] {
                try await lab.execute(
                    in: place,
                    ["ethtool", "-K", LabZone.hostInterface, "tso", "off", "gso", "off", "gro", "off", "tx", "off"]
                ).required()
            }
            let capture = try await lab.capture(
                in: .zone(.peer), filter: "tcp port 8000", options: ["-v"])
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
            #expect(tuples.filter { $0.state == .continuing }.count >= 2, "one every 5 minutes, scaled to 3.75 s")
            let sum = tuples.reduce(FlowCounters()) { $0 + $1.counters }
            let seen = count(await capture.stop(), source: LabZone.client.address)
            #expect(seen.packetsToDestination > 200)
            #expect(sum == seen)
            let version2 = FlowLogReading.container(in: directory)
            #expect(version2 == RecordPath.version4Container)
            let query = try await gateway.command("flow-log", "query", "--port", "8000", "--json").required()
            #expect(query.output.contains("\"bytes\" : \(seen.bytes)"))
            let tail = try await gateway.command("flow-log", "tail", "--format", "nsg-v2").required()
            #expect(tail.output.contains("UserRule_services"))
        }
    }

    @Test("LOG-2 ends are told with their reasons, denies once, and a killed instance loses and repeats nothing")
    func reasons() async throws {
        try await withLogging { lab, gateway, directory in
            _ = try await lab.session(to: .internet)
            let first = try lab.instanceProcess()
            try await wait("the begin") { !items(directory, port: 8000).isEmpty }
            kill(first, SIGKILL)
            try await wait("another instance") { try lab.instanceProcess() != first && lab.instanceProcess() != 0 }
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

    @Test("LOG-3 a full directory stops nothing: status says so, and the log goes on when there is room")
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
}

/// Packets and bytes of layer 3 in both directions, of what `tcpdump -v` printed.
private func count(_ lines: [String], source: String) -> FlowCounters {
    var counters = FlowCounters()
    var length: UInt64 = 0
    for line in lines {
        if let range = line.range(of: "length [0-9]+\\)", options: .regularExpression), line.contains("proto TCP") {
            length = UInt64(line[range].filter(\.isNumber)) ?? 0
        } else if line.contains(" > ") {
            if line.trimmingCharacters(in: .whitespaces).hasPrefix(source + ".") {
                counters.packetsToDestination += 1
                counters.bytesToDestination += length
            } else {
                counters.packetsToSource += 1
                counters.bytesToSource += length
            }
        }
    }
    return counters
}
