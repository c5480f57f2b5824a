import FlowLog
import Foundation
import Glibc
import Lab
import Testing

@testable import Gateway

@Suite("Tuples of a running gateway", .serialized)
struct FlowLogTupleTests {
    @Test(
        "LOG-1 SESS-7 SESS-8 the tuples of UDP and IPv6 flows add up to what tcpdump counts",
        arguments: IPVersion.allCases)
    func datagrams(version: IPVersion) async throws {
        try await withLogging { lab, _, directory in
            try await lab.sendPlainPackets(from: .client, .peer)
            let capture = try await lab.captureArrivals(at: .zone(.peer), filter: "udp port 33434")
            let echo = try lab.endpoint(in: .peer, ["echo-datagrams", "33434"])
            try await echo.waitFor("listening", within: .seconds(10))
            let sender = try lab.endpoint(in: .client, ["datagrams", LabZone.peer.address(version), "33434"])
            try await sender.waitFor("connected", within: .seconds(10))
            // Longer than the interval between two tuples, 3.75 s, and never idle for the timeout, 3 s.
            for round in 1...10 {
                sender.perform("send \(100 * round)")
                try await sender.waitFor("data", count: round, within: .seconds(5))
                try await Task.sleep(for: .milliseconds(500))
            }
            try await wait("the flow's end") { items(directory, port: 33434).contains { $0.tuple.state == .end } }
            let tuples = items(directory, port: 33434).map(\.tuple)
            let seen = await capture.stop(source: LabZone.client.address(version))
            #expect(seen.packetsToDestination == 10 && seen.packetsToSource == 10)
            #expect(tuples.reduce(FlowCounters()) { $0 + $1.counters } == seen)
            #expect(tuples.first?.state == .begin && tuples.last?.state == .end)
            #expect(tuples.count >= 3 && tuples.dropFirst().dropLast().allSatisfy { $0.state == .continuing })
            #expect(tuples.allSatisfy { $0.ipProtocol == 17 && $0.source == LabZone.client.address(version) })
        }
    }

    @Test("LOG-1 SESS-8 the tuples of a TCP session over IPv6 add up to what tcpdump counts")
    func sixth() async throws {
        try await withLogging { lab, _, directory in
            try await lab.sendPlainPackets(from: .client, .peer)
            let capture = try await lab.captureArrivals(at: .zone(.peer), filter: "tcp port 8000")
            let server = try await lab.listener(in: .peer, port: 8000, "--echo")
            let client = try lab.connector(in: .client, to: LabZone.peer.address6, port: 8000)
            try await client.waitFor("connected", within: .seconds(10))
            client.perform("send 50000")
            try await wait("the echo") { client.events("data").last?.total == 50000 }
            client.perform("close")
            try await Task.sleep(for: .milliseconds(300))
            server.perform("close")
            try await wait("the session's end") { items(directory, port: 8000).contains { $0.tuple.state == .end } }
            let seen = await capture.stop(source: LabZone.client.address6)
            let sum = items(directory, port: 8000).reduce(FlowCounters()) { $0 + $1.tuple.counters }
            #expect(sum == seen && seen.packetsToDestination > 30)
        }
    }

    @Test("LOG-2 a clean stop of the gateway writes what is due: every session's end, with counts that add up")
    func cleanStop() async throws {
        try await withLogging { lab, gateway, directory in
            try await lab.sendPlainPackets(from: .client, .peer)
            let capture = try await lab.captureArrivals(at: .zone(.peer), filter: "tcp port 8000")
            let (client, _) = try await lab.session(to: .peer)
            client.perform("send 5000")
            try await wait("the echo") { client.events("data").last?.total == 5010 }
            #expect(await gateway.stop() == .code(0))
            let tuples = items(directory, port: 8000).map(\.tuple)
            #expect(tuples.map(\.state) == [.begin, .end])
            let seen = await capture.stop(source: LabZone.client.address)
            #expect(tuples.reduce(FlowCounters()) { $0 + $1.counters } == seen)
            #expect(sessionLines(directory).contains("\"reason\":\"gatewayStopped\""))
        }
    }

    @Test("LOG-3 a flood of denies is sampled, and the omitted ones are counted: together they are all denies")
    func denyFlood() async throws {
        try await withLogging { lab, gateway, directory in
            let sender = try lab.endpoint(in: .client, ["datagrams", LabZone.internet.address, "23"])
            try await sender.waitFor("connected", within: .seconds(10))
            for _ in 0..<200 { sender.perform(Array(repeating: "send 10", count: 100).joined(separator: "\n")) }
            struct Status: Decodable { let drops: [String: UInt64] }
            var denied: UInt64 = 0
            for _ in 0..<50 where denied < 20_000 {
                try await Task.sleep(for: .milliseconds(100))
                let text = try await gateway.command("status", "--json").output
                denied = try JSONDecoder().decode(Status.self, from: Data(text.utf8)).drops["denied"] ?? 0
            }
            #expect(denied == 20_000)
            var logged: UInt64 = 0
            var omitted: UInt64 = 0
            for _ in 0..<60 where logged + omitted != denied {
                try await Task.sleep(for: .milliseconds(250))
                logged = UInt64(items(directory, port: 23).count)
                omitted = omissions(directory)
            }
            #expect(logged + omitted == denied, "\(logged) logged, \(omitted) left out of \(denied)")
            #expect(logged > 0 && omitted > denied / 2, "\(logged) logged, \(omitted) left out of \(denied)")
        }
    }

    @Test("LOG-1 short sessions: no end is earlier than its begin, and no tuple earlier than its packet")
    func shortSessions() async throws {
        try await withLogging { lab, _, directory in
            let server = try await lab.listener(in: .internet, port: 8000)
            // What the client sends. Each packet is at the gateway a little later.
            let capture = try await lab.capture(in: .client, filter: "tcp and dst port 8000")
            let target = "/dev/tcp/\(LabZone.internet.address)/8000"
            let count = 60
            _ = try await lab.execute(
                in: .client,
                ["bash", "-c", "for i in $(seq \(count)); do exec 3<>\(target); exec 3>&-; sleep 0.02; done"])
            try await wait("the ends", within: .seconds(30)) {
                items(directory, port: 8000).count { $0.tuple.state == .end } >= count / 2
            }
            var sent: [UInt16: (first: Double, last: Double)] = [:]
            for line in await capture.stop() {
                let words = line.split(separator: " ")
                guard words.count > 2, let at = Double(words[0]), let port = words[2].split(separator: ".").last,
                    let port = UInt16(port)
                else { continue }
                sent[port] = (sent[port]?.first ?? at, at)
            }
            var judged = 0
            for (port, items) in Dictionary(grouping: items(directory, port: 8000), by: \.tuple.sourcePort) {
                guard let begin = items.first(where: { $0.tuple.state == .begin }),
                    let end = items.first(where: { $0.tuple.state == .end }), let sent = sent[port]
                else { continue }
                #expect(end.tuple.time >= begin.tuple.time)
                // As exact as the format: milliseconds.
                #expect(begin.tuple.time / 1_000_000 >= UInt64(sent.first * 1000))
                #expect(end.tuple.time / 1_000_000 >= UInt64(sent.last * 1000))
                judged += 1
            }
            #expect(judged >= count / 2)
            #expect(server.process.isRunning)
        }
    }

    @Test("LOG-4 a killed instance loses at most its last second, and the file parses")
    func crash() async throws {
        try await withLogging { lab, _, directory in
            let server = try await lab.listener(in: .internet, port: 8000)
            let capture = try await lab.capture(
                in: .client, filter: "dst port 8000 and tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn")
            let target = "/dev/tcp/\(LabZone.internet.address)/8000"
            let sessions = try lab.spawn(
                in: .client, ["bash", "-c", "while :; do exec 3<>\(target); exec 3>&-; sleep 0.02; done"])
            try await Task.sleep(for: .seconds(5))
            let first = try lab.owningProcess()
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            let killedAt = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
            kill(first, SIGKILL)
            try await wait("another instance") { lab.isReplaced(first) }
            try await Task.sleep(for: .seconds(2))
            await sessions.terminate()
            // Time and source port of every SYN.
            let begun = await capture.stop().compactMap { line -> (at: Double, port: UInt16)? in
                let words = line.split(separator: " ")
                guard words.count > 2, let at = Double(words[0]), let port = words[2].split(separator: ".").last
                else { return nil }
                return UInt16(port).map { (at, $0) }
            }
            let logged = Set(items(directory, port: 8000).filter { $0.tuple.state == .begin }.map(\.tuple.sourcePort))
            let missing = begun.filter { !logged.contains($0.port) && $0.at < killedAt + 1 }
            #expect(begun.filter { $0.at < killedAt }.count > 50)
            #expect(missing.allSatisfy { $0.at > killedAt - 1.1 }, "killed at \(killedAt), missing: \(missing)")
            for file in LogTree.files(in: directory, containers: [RecordPath.version4Container]) {
                let data = try Data(contentsOf: URL(filePath: "\(directory)/\(file.path)"))
                #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: data) }
            }
            #expect(server.process.isRunning)
        }
    }

    private func sessionLines(_ directory: String) -> String {
        LogTree.files(in: directory, containers: [RecordPath.sessionContainer]).map {
            (try? String(contentsOfFile: "\(directory)/\($0.path)", encoding: .utf8)) ?? ""
        }.joined()
    }

    /// Denies and events that the log reports as omitted.
    private func omissions(_ directory: String) -> UInt64 {
        struct Line: Decodable {
            let kind: String
            let denies: UInt64?
            let events: UInt64?
        }
        return sessionLines(directory).split(separator: "\n").reduce(0) { sum, line in
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)), line.kind == "omitted" else {
                return sum
            }
            return sum + (line.denies ?? 0) + (line.events ?? 0)
        }
    }
}
