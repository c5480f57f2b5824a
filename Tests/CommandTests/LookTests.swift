import FlowCore
import FoundationEssentials
import Glibc
import Lab
import TestSupport
import Testing

@testable import Inspection
@testable import sluice

/// `drop watch`, `capture` and `session trace` on a running gateway.
@Suite(.serialized)
struct LookTests {
    private static let patience = Duration.seconds(20)

    private func withGateway(_ body: (LabGateway) async throws -> Void) async throws {
        try await withTestLab(prefix: "sluice-look") { lab in
            try await body(try await lab.startGateway(configuration: lab.configuration(timeScale: 10)))
        }
    }

    /// Starts a command that watches, and returns when the kernel program watches.
    private func start(_ gateway: LabGateway, _ arguments: String...) async throws -> ChildProcess {
        let process = try ChildProcess([gateway.binary] + arguments + ["--gateway", gateway.lab.name])
        let watches = await eventually(within: Self.patience) {
            !process.isRunning || ProcessWatches.isHeld(gateway.lab.name)
        }
        #expect(watches && process.isRunning, "\(process.allOutput)")
        try await Task.sleep(for: .milliseconds(200))
        return process
    }

    private enum ProcessWatches {
        static func isHeld(_ gateway: String) -> Bool {
            let descriptor = open("/run/sluice/\(gateway)/watcher", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            return flock(descriptor, LOCK_SH | LOCK_NB) != 0
        }
    }

    private func packets(_ text: String) throws -> [PacketView] {
        try text.split(separator: "\n").map { try JSONDecoder().decode(PacketView.self, from: Data($0.utf8)) }
    }

    /// The sessions of port 8080.
    private func sessions(_ gateway: LabGateway) async throws -> [SessionView] {
        let command = [gateway.binary, "session", "list", "--port", "8080", "--json", "--gateway", gateway.lab.name]
        let listed = try await gateway.lab.execute(in: .gateway, command).required()
        return try JSONDecoder().decode([SessionView].self, from: Data(listed.output.utf8))
    }

    /// A program in the client's zone that keeps running.
    private func inside(_ gateway: LabGateway, _ command: String...) throws -> ChildProcess {
        let enter = ["lab", "exec", "--name", gateway.lab.name, "client", "--"]
        return try ChildProcess([gateway.binary] + enter + command, takesInput: true)
    }

    private func send(_ gateway: LabGateway, from zone: LabZone = .client, _ script: String) async throws {
        _ = try await gateway.lab.execute(in: .zone(zone), ["bash", "-c", script])
    }

    @Test(
        "LOOK-1 drop watch shows a denied SYN with interface, 5-tuple, flags, reason and rule, and obeys its filter"
    )
    func dropWatch() async throws {
        try await withGateway { gateway in
            let watch = try await start(
                gateway, "drop", "watch", "--json", "--source", LabZone.client.prefix, "--count", "3")
            let address = LabZone.internet.address
            // From the peer, which is another source.
            try await send(gateway, from: .peer, "timeout 0.3 bash -c 'echo x > /dev/udp/\(address)/53'; true")
            try await send(gateway, "timeout 0.3 bash -c 'echo > /dev/tcp/\(address)/23'; true")
            try await send(gateway, "echo x > /dev/udp/\(address)/53")
            try await send(gateway, "timeout 0.3 bash -c 'echo > /dev/tcp/\(LabZone.client.gatewayAddress)/99'; true")
            let exit = await watch.waitForExit(within: Self.patience)
            #expect(exit == .code(0), "\(watch.allOutput)")
            let seen = try packets(watch.standardOutput)
            try #require(seen.count == 3, "\(watch.allOutput)")
            #expect(seen.allSatisfy { $0.interface == "client0" && $0.zone == "client" && $0.verdict == "drop" })
            #expect(seen.allSatisfy { $0.source?.address == LabZone.client.address })
            #expect(seen[0].protocol == "tcp" && seen[0].tcpFlags == "SYN" && seen[0].destination?.port == 23)
            #expect(seen[0].reason == "denied" && seen[0].rule == "default" && seen[0].session == nil)
            #expect(seen[1].protocol == "udp" && seen[1].tcpFlags == nil && seen[1].destination?.port == 53)
            #expect(seen[2].reason == "hostDenied" && seen[2].rule == "default")
            #expect(seen.map(\.time) == seen.map(\.time).sorted() && seen[0].time.hasPrefix("20"))
            #expect(watch.standardError.contains("3 packets shown, none left out"), "\(watch.standardError)")
        }
    }

    @Test("LOOK-1 the deciding rule is named; a second watcher gets the first one's process; drop list has next steps")
    func decidingRule() async throws {
        try await withGateway { gateway in
            let deny =
                #"name: no-telnet, priority: 90, access: Deny, protocol: Tcp, source: "*", destination: "*", "#
                + "destinationPorts: [23]"
            try await gateway.reload(gateway.lab.configuration(timeScale: 10, rules: [deny]))
            let watch = try await start(gateway, "drop", "watch", "--port", "23")
            let second = try await gateway.lab.execute(
                in: .gateway, [gateway.binary, "drop", "watch", "--gateway", gateway.lab.name])
            #expect(second.exit != .code(0) && second.errors.contains("drop watch"), "\(second.allOutput)")
            try await send(gateway, "timeout 0.3 bash -c 'echo > /dev/tcp/\(LabZone.internet.address)/23'; true")
            try await watch.waitForText("dropped: denied, rule no-telnet", within: Self.patience)
            #expect(watch.standardOutput.contains("client0  tcp \(LabZone.client.address):"), "\(watch.allOutput)")
            watch.send(signal: SIGINT)
            #expect(await watch.waitForExit(within: Self.patience) == .code(0))
            #expect(!ProcessWatches.isHeld(gateway.lab.name))
            let list = try await gateway.lab.execute(
                in: .gateway, [gateway.binary, "drop", "list", "--gateway", gateway.lab.name])
            #expect(list.output.contains("denied") && list.output.contains("policy explain"), "\(list.allOutput)")
        }
    }

    @Test("LOOK-1 a flood is sampled, and the watcher reports how many packets it omitted")
    func flood() async throws {
        try await withGateway { gateway in
            let watch = try await start(gateway, "drop", "watch", "--json", "--protocol", "udp")
            let flood = "for i in $(seq 30000); do echo x; done > /dev/udp/\(LabZone.internet.address)/53"
            // bash sends a datagram for each echo.
            try await send(gateway, flood)
            try await Task.sleep(for: .seconds(1))
            watch.send(signal: SIGTERM)
            #expect(await watch.waitForExit(within: Self.patience) == .code(0))
            let seen = try packets(watch.standardOutput)
            let omitted = seen.reduce(0) { $0 + ($1.omitted ?? 0) }
            #expect(!seen.isEmpty && seen.allSatisfy { $0.protocol == "udp" })
            #expect(omitted > 0 && watch.standardError.contains("left out (a sample)"), "\(watch.standardError)")
        }
    }

    @Test("LOOK-1 when a watcher is killed, the controller soon ends its watch and frees its memory")
    func killedWatcher() async throws {
        try await withGateway { gateway in
            let inspector = try GatewayInspector(gateway: gateway.lab.name)
            let watch = try await start(gateway, "drop", "watch")
            #expect(inspector.datapath.table.runtime.pointee.dropWatchEnd != 0)
            watch.send(signal: SIGKILL)
            _ = await watch.waitForExit(within: Self.patience)
            let isOver = await eventually(within: Self.patience) {
                inspector.datapath.table.runtime.pointee.packetWatchEnd == 0
                    && inspector.datapath.table.runtime.pointee.dropWatchEnd == 0
            }
            #expect(isOver)
        }
    }

    @Test("LOOK-2 capture writes pcapng that tshark reads: both directions, verdict, session and rule as comments")
    func capture() async throws {
        try await withGateway { gateway in
            let place = try Place()
            let path = "\(place.path)/packets.pcapng"
            let capture = try await start(gateway, "capture", "--write", path, "--seconds", "600")
            _ = try await gateway.lab.listener(in: .internet, port: 8080, "--echo")
            let client = try gateway.lab.connector(in: .client, to: LabZone.internet.address, port: 8080)
            try await client.waitFor("connected", within: Self.patience)
            let session = try #require(try await sessions(gateway).first)
            try await send(gateway, "timeout 0.3 bash -c 'echo > /dev/tcp/\(LabZone.internet.address)/23'; true")
            try await Task.sleep(for: .seconds(1))
            capture.send(signal: SIGINT)
            #expect(await capture.waitForExit(within: Self.patience) == .code(0), "\(capture.allOutput)")
            #expect(capture.standardError.contains("packets in \(path), none left out"), "\(capture.standardError)")
            let fields = ["frame.interface_name", "ip.src", "tcp.dstport", "tcp.flags.syn", "frame.comment"]
            let read = try await ChildProcess(
                ["tshark", "-n", "-r", path, "-Y", "tcp", "-T", "fields", "-E", "separator=|"]
                    + fields.flatMap { ["-e", $0] }
            ).result(within: .seconds(60))
            #expect(read.exit == .code(0), "\(read.errors)")
            let rows = read.output.split(separator: "\n").map {
                $0.split(separator: "|", omittingEmptySubsequences: false)
            }
            let comment = "verdict forward, session \(session.id), rule services"
            func row(_ interface: String, _ from: LabZone, _ comment: String) -> [Substring]? {
                rows.first {
                    $0.count == 5 && $0[0] == interface && $0[1] == from.address && $0[4].hasPrefix(comment)
                }
            }
            let syn = try #require(row("client0", .client, comment), "\(read.output)")
            #expect(syn[2] == "8080" && ["1", "True"].contains(syn[3]))
            #expect(row("internet0", .internet, comment) != nil, "\(read.output)")
            let dropped = try #require(row("client0", .client, "dropped: denied, rule default"), "\(read.output)")
            #expect(dropped[2] == "23")
        }
    }

    @Test("LOOK-2 count, bytes and time each limit a capture; without --write it prints lines")
    func bounds() async throws {
        try await withGateway { gateway in
            let place = try Place()
            let ping = try inside(gateway, "ping", "-n", "-i", "0.01", "-c", "3000", LabZone.internet.address)
            func run(_ arguments: String...) async throws -> CommandResult {
                try await gateway.lab.execute(
                    in: .gateway,
                    [gateway.binary, "capture", "--protocol", "icmp", "--gateway", gateway.lab.name] + arguments)
            }
            let shown = try await run("--count", "4", "--json")
            let seen = try packets(shown.output)
            #expect(seen.count == 4 && seen.allSatisfy { $0.verdict == "forward" && $0.rule == "ping" })
            #expect(seen.allSatisfy { $0.session != nil })
            #expect(Set(seen.map(\.interface)) == ["client0", "internet0"])
            let path = "\(place.path)/small"
            let full = try await run("--bytes", "3000", "--write", path)
            #expect(full.exit == .code(0), "\(full.allOutput)")
            #expect(full.errors.contains("ended because the file has reached"), "\(full.allOutput)")
            let size = try #require(FileManager.default.contents(atPath: path)?.count)
            #expect(size > 2000 && size <= 3000)
            let timed = try await run("--seconds", "0.2", "--reason", "malformed")
            #expect(timed.exit == .code(0) && timed.errors.contains("0 packets shown"), "\(timed.allOutput)")
            let refused = try await run("--write", "/nowhere/packets")
            #expect(refused.exit != .code(0) && refused.errors.contains("/nowhere/packets can't be created"))
            await ping.terminate()
        }
    }

    @Test("LOOK-3 session trace follows a session until its reset: positions, states, and the end reason")
    func trace() async throws {
        try await withGateway { gateway in
            let lab = gateway.lab
            _ = try await lab.listener(in: .internet, port: 8080, "--echo")
            let client = try inside(gateway, "socat", "-d", "-", "TCP:\(LabZone.internet.address):8080")
            var sessions: [SessionView] = []
            let isThere = await eventually(within: Self.patience) {
                sessions = (try? await self.sessions(gateway)) ?? []
                return sessions.first?.state == "established"
            }
            try #require(isThere, "\(client.allOutput)")
            let trace = try ChildProcess([
                gateway.binary, "session", "trace", sessions[0].id, "--json", "--interval", "0", "--gateway", lab.name,
            ])
            try await trace.waitForText("\"begin\"", within: Self.patience)
            #expect(client.write("hello\n"))
            try await trace.waitForText("\"positions\"", within: Self.patience)
            try await lab.execute(
                in: .gateway, [gateway.binary, "session", "reset", sessions[0].id, "--gateway", lab.name]
            ).required()
            #expect(await trace.waitForExit(within: .seconds(60)) == .code(0), "\(trace.allOutput)")
            await client.terminate()
            let events = try trace.standardOutput.split(separator: "\n").map {
                try JSONDecoder().decode(SessionTraceEvent.self, from: Data($0.utf8))
            }
            #expect(events.first?.kind == .begin && events.first?.state == "established")
            let moved = try #require(events.last { $0.kind == .positions && $0.state == "established" })
            let start = events[0].positions.originator.sequenceEnd
            #expect(moved.positions.originator.sequenceEnd == start &+ 6)
            #expect(events.contains { $0.kind == .reset && $0.endReason == "operatorReset" && $0.state == "resetting" })
            #expect(events.last?.kind == .end && events.last?.endReason == "operatorReset")
            #expect(events.allSatisfy { $0.session == sessions[0].id && $0.instance > 0 })
            let gone = try await lab.execute(
                in: .gateway, [gateway.binary, "session", "trace", sessions[0].id, "--gateway", lab.name])
            #expect(gone.exit != .code(0) && gone.errors.contains("has no session \(sessions[0].id)"))
        }
    }
}
