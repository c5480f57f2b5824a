import Inspection
import Lab
import Testing

/// BAD-1, BAD-2, BAD-3 and BAD-10: forged segments and floods of SYNs.
extension EndTests {
    @Test(
        "BAD-3 blind resets, SYNs and data do not end or renew a session, and do not change its data",
        arguments: IPVersion.allCases)
    func blind(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let pair = try await EndPair.open(in: lab, version)
            let start = try #require(try pair.session())
            let positions = start.positions
            let clock = ContinuousClock.now
            let atClient = try await lab.capture(in: .client, filter: "src port 8000")
            func forge(_ flags: String, _ offsets: [Int], acknowledgment: Int = 0, data: Int = 0) async throws {
                try await inject(
                    in: lab, version, from: 8000, to: pair.port, flags: flags,
                    sequences: offsets.map { positions.responder.sequenceEnd &+ UInt32(truncatingIfNeeded: $0) },
                    acknowledgment: positions.originator.sequenceEnd &+ UInt32(truncatingIfNeeded: acknowledgment),
                    data: data)
            }
            // Outside the window on both sides, and inside but not exact.
            try await forge("rst", [-100_000, -101, 10_000_000, 1 << 31])
            try await forge("rst,ack", [-100_000, 10_000_000])
            try await forge("rst", [1, 1000])
            try await forge("syn", [-5000, 0, 1000, 10_000_000])
            try await forge("syn,ack", [-5000, 10_000_000])
            try await forge("psh,ack", [-10_000_000, 10_000_000, 1 << 31], data: 100)
            try await forge("psh,ack", [0], acknowledgment: 10_000_000, data: 100)
            try await forge("psh,ack", [0], acknowledgment: -10_000_000, data: 100)
            try await forge("fin,ack", [10_000_000])
            // The ends have time to answer the segments that reached them.
            try await pass(.seconds(1))
            let now = try #require(try pair.session())
            let elapsed = (ContinuousClock.now - clock).inSeconds
            #expect(now.id == start.id && now.state == "established")
            #expect(
                now.idleSeconds >= elapsed - 0.2, "its timer was restarted: idle \(now.idleSeconds) of \(elapsed) s")
            let drops = try GatewayInspector(gateway: lab.name).drops()
            #expect(drops["invalidReset"] ?? 0 >= 6, "\(drops)")
            #expect(drops["outOfWindow"] ?? 0 >= 7, "\(drops)")
            // The control: some segments did reach the client, and were challenged.
            #expect(!atClient.packets.isEmpty)
            await pair.expectAlive()
            await atClient.stop()
        }
    }

    /// All on one processor, whose next-hop cache holds both directions: a cached next hop does not make a source
    /// valid.
    @Test("BAD-1 a forged source is detected while its owner sends to the same address", arguments: IPVersion.allCases)
    func forgedSource(version: IPVersion) async throws {
        try await withGateway(alone: true) { lab, _ in
            let count = 20_000
            // The gateway knows the next hop's address: only then is the next hop cached.
            let pair = try await EndPair.open(in: lab, version)
            // To a port that no rule allows: each SYN asks for a new session.
            let places: [LabPlace] = [.client, .zone(.peer)]
            let senders = try places.map { place in
                try lab.endpoint(
                    in: place,
                    [
                        "inject", "--source", LabZone.client.address(version), "--source-port", "5555", "--destination",
                        LabZone.internet.address(version), "--destination-port", "7", "--flags", "syn", "--repeats",
                        "\(count)",
                    ], core: 0)
            }
            for sender in senders { try await sender.process.result(within: patience).required() }
            let inspector = try GatewayInspector(gateway: lab.name)
            let isCounted = await eventually(within: patience) {
                let drops = inspector.drops()
                return drops["denied"] ?? 0 >= count && drops["wrongZone"] ?? 0 >= count
            }
            #expect(isCounted, "\(inspector.drops())")
            #expect(inspector.drops()["denied"] == UInt64(count), "\(inspector.drops())")
            await pair.expectAlive()
        }
    }

    @Test(
        "BAD-2 BAD-10 during a flood of 50,000 SYNs, from one source or many, a client connects with its first or second SYN",
        arguments: [true, false])
    func crowd(isOneSource: Bool) async throws {
        let inbound =
            "name: inbound, priority: 130, access: Allow, protocol: Tcp, source: [\"*\"], "
            + "destination: [\"\(LabZone.client.prefix)\"], destinationPorts: [8200]"
        try await withGateway(alone: true, sessions: 65_536, rules: [inbound]) { lab, _ in
            let route = ["ip", "route", "add", "198.18.0.0/16", "via", LabZone.internet.address, "dev", "internet0"]
            try await lab.execute(in: .gateway, route).required()
            _ = try await Obstacle.put(in: lab, at: .client, .input, "tcp dport 8200")
            let inspector = try GatewayInspector(gateway: lab.name)
            let syns = try await lab.capture(
                in: .client, filter: "src host \(LabZone.client.address) and tcp[tcpflags] == tcp-syn")
            let flood = try lab.endpoint(
                in: .internet,
                ["flood", LabZone.client.address, "8200", "--count", "50000", "--seconds", "60"]
                    + (isOneSource ? ["--source", "198.18.0.7"] : ["--network", "198.18"]))
            let limit = try inspector.status().sessions.halfOpenLimit
            let isCrowded = try await eventually(within: patience) {
                try inspector.status().sessions.halfOpen > limit / 8
            }
            #expect(isCrowded)
            for round in 0..<4 {
                let before = syns.packets.count
                let pair = try await EndPair.open(in: lab, .four, port: 8001 + round)
                #expect(syns.packets.count - before <= 2, "round \(round)")
                await pair.expectAlive()
            }
            #expect(try await flood.process.result(within: .seconds(90)).succeeded)
            #expect(flood.events("flooded").first?.sent == 50_000)
            // And again after the last SYN of the flood, before any session has timed out.
            let before = syns.packets.count
            _ = try await EndPair.open(in: lab, .four, port: 8006)
            #expect(syns.packets.count - before <= 2)
            let status = try inspector.status()
            #expect(status.sessions.halfOpen <= limit)
            if isOneSource {
                #expect(inspector.drops()["limited"] ?? 0 > 0, "\(inspector.drops())")
                #expect(status.sessions.halfOpen <= limit / 4 + 8, "\(status.sessions.halfOpen) of \(limit)")
            }
            await syns.stop()
        }
    }

    @Test(
        "BAD-2 during a flood of SYNs an established session loses no byte, and the flood gets only its share of the table"
    )
    func flood() async throws {
        let inbound =
            "name: inbound, priority: 130, access: Allow, protocol: Tcp, source: [\"*\"], "
            + "destination: [\"\(LabZone.client.prefix)\"], destinationPorts: [8200]"
        // Half-open sessions expire after 3 s.
        try await withGateway(alone: true, timeScale: 10, sessions: 4096, rules: [inbound]) { lab, _ in
            // Forged addresses on the internet's side, and a victim that answers none of them.
            let route = ["ip", "route", "add", "198.18.0.0/16", "via", LabZone.internet.address, "dev", "internet0"]
            try await lab.execute(in: .gateway, route).required()
            _ = try await Obstacle.put(in: lab, at: .client, .input, "tcp dport 8200")
            let pair = try await EndPair.open(in: lab, .four, client: ["--quiet"], server: ["--quiet"])
            let inspector = try GatewayInspector(gateway: lab.name)

            let flood = try lab.endpoint(
                in: .internet,
                ["flood", LabZone.client.address, "8200", "--count", "20000", "--network", "198.18"])
            // The flood has reached its limit.
            let isFull = await eventually(within: patience) { inspector.drops()["capacity"] ?? 0 > 0 }
            #expect(isFull)
            let bytes = 20_000_000
            pair.client.perform("send \(bytes)")
            pair.server.perform("send \(bytes)")
            var largest = 0
            var limit = 0
            while flood.process.isRunning {
                let status = try inspector.status()
                limit = status.sessions.halfOpenLimit
                largest = max(largest, status.sessions.halfOpen)
                try await pass(.milliseconds(100))
            }
            #expect(try await flood.process.result(within: patience).succeeded)
            #expect(flood.events("flooded").first?.sent ?? 0 > 4096)
            #expect(limit > 0 && limit <= 4096 / 2)
            // On several processors a few may be admitted at the same moment.
            #expect(largest > limit / 2 && largest <= limit + 8, "\(largest) half-open of at most \(limit)")
            pair.client.perform("shutdown")
            pair.server.perform("shutdown")
            for end in [pair.client, pair.server] {
                let total = try await end.waitFor("end", within: .seconds(60)).first?.total
                #expect(total == bytes + 100)
                #expect(end.events("corrupt").isEmpty && end.errors == [])
            }
            // Afterwards there is room again.
            let isOver = try await eventually(within: .seconds(3) + patience) {
                try inspector.status().sessions.halfOpen == 0
            }
            #expect(isOver)
            _ = try await EndPair.open(in: lab, .four, port: 8001)
        }
    }
}
