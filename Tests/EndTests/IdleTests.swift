import Inspection
import Lab
import Testing

/// What the ends of idle sessions see: IDLE-3 to IDLE-5.
extension EndTests {
    @Test(
        "IDLE-3 idle expiry, east-west: nothing is sent, and the next segment is dropped", arguments: IPVersion.allCases
    )
    func silence(version: IPVersion) async throws {
        // 5 min become 5 s.
        try await withGateway(timeScale: 60) { lab, _ in
            let pair = try await EndPair.open(in: lab, to: .peer, version)
            #expect(try pair.session()?.trafficClass == "eastWest")
            let atClient = try await lab.capture(in: .client, filter: "tcp or ip6 proto 6")
            let atPeer = try await lab.capture(in: .peer, filter: "tcp or ip6 proto 6")
            let isGone = try await eventually(within: .seconds(5) + patience) { try pair.session() == nil }
            #expect(isGone)
            let (client, peer) = (atClient.packets, atPeer.packets)
            #expect(client == [] && peer == [], "\(client + peer)")
            let inspector = try GatewayInspector(gateway: lab.name)
            for (end, other) in [(pair.client, pair.server), (pair.server, pair.client)] {
                let dropped = inspector.drops()["noSession"] ?? 0
                end.perform("send 10")
                let isDropped = await eventually(within: patience) { inspector.drops()["noSession"] ?? 0 > dropped }
                #expect(isDropped)
                try await pass(.milliseconds(500))
                #expect(other.received == 100)
                #expect(try await end.tcpState() == "ESTABLISHED")
            }
            #expect(pair.client.errors == [] && pair.server.errors == [])
            // Neither end received anything: each capture holds only segments that its own end has sent.
            let fromPeer = "IP\(version == .six ? "6" : "") \(LabZone.peer.address(version))."
            let fromClient = "IP\(version == .six ? "6" : "") \(LabZone.client.address(version))."
            #expect(await atClient.stop().filter { $0.contains(fromPeer) } == [])
            #expect(await atPeer.stop().filter { $0.contains(fromClient) } == [])
        }
    }

    @Test("IDLE-4 keep-alives of either end, or of both, keep a session without any data")
    func keepAlive() async throws {
        // 4 and 5 min become 8 and 10 s, 30 s become 1 s.
        try await withGateway(timeScale: 30) { lab, _ in
            let probes = ["--keepalive-idle", "1", "--keepalive-interval", "1"]
            var kept: [EndPair] = []
            var idle: [EndPair] = []
            var port = 8000
            for zone in LabZone.destinations {
                for version in IPVersion.allCases {
                    for (client, server) in [(probes, []), ([], probes), (probes, probes)] {
                        let pair = try await EndPair.open(
                            in: lab, to: zone, version, port: port, client: client, server: server)
                        kept.append(pair)
                        port += 1
                    }
                    idle.append(try await EndPair.open(in: lab, to: zone, version, port: port))
                    port += 1
                }
            }
            let start = ContinuousClock.now
            // The control: without keep-alives a session ends.
            for pair in idle {
                let isOver = try await eventually(within: .seconds(12) + patience) {
                    try pair.session()?.state != "established"
                }
                #expect(isOver)
            }
            for pair in idle.prefix(2) { try await pair.expectResets() }
            // The others are kept for more than two timeouts.
            try await pass(max(.zero, .seconds(22) - (ContinuousClock.now - start)))
            for pair in kept {
                let session = try #require(try pair.session())
                #expect(session.state == "established" && session.ageSeconds >= 22 && session.idleSeconds < 5)
                await pair.expectAlive()
            }
        }
    }

    @Test(
        "IDLE-5 probe: both ends answer, and the session stays without any traffic",
        arguments: IPVersion.allCases)
    func probeAlive(version: IPVersion) async throws {
        try await withGateway(rules: [rule(9001, "idleTimeout: 2s, onIdle: probe")]) { lab, _ in
            let pair = try await EndPair.open(in: lab, version, port: 9001)
            let before = try #require(try pair.session())
            #expect(before.onIdle == "probe" && before.idleTimeoutSeconds < 2.1)
            let later = try await pair.waitForSession("it stays for several timeouts") { $0.ageSeconds > 8 }
            #expect(later.state == "established" && later.id == before.id)
            // Its ends have answered, and their answers did not change the positions (RST-4).
            #expect(later.packets.toSource > before.packets.toSource)
            #expect(later.packets.toDestination > before.packets.toDestination)
            #expect(later.positions == before.positions)
            await pair.expectAlive()
        }
    }

    @Test(
        "IDLE-5 probe: ends that drop segments without time stamps (RFC 7323, 3.2) answer too",
        arguments: IPVersion.allCases)
    func probeStrict(version: IPVersion) async throws {
        try await withGateway(rules: [rule(9001, "idleTimeout: 2s, onIdle: probe")]) { lab, _ in
            // As FreeBSD does: once both ends have sent time stamps, it drops segments that have none.
            let unstamped = "tcp flags & (syn | rst) == 0 tcp option timestamp missing"
            let atClient = try await Obstacle.put(in: lab, at: .client, .input, unstamped)
            let atServer = try await Obstacle.put(in: lab, at: .internet, .input, unstamped)
            let pair = try await EndPair.open(in: lab, version, port: 9001)
            let before = try #require(try pair.session())
            let later = try await pair.waitForSession("it stays for several timeouts") { $0.ageSeconds > 8 }
            #expect(later.state == "established" && later.id == before.id && later.positions == before.positions)
            #expect(later.packets.toSource > before.packets.toSource)
            #expect(try await atClient.stopped() == 0)
            #expect(try await atServer.stopped() == 0)
            await pair.expectAlive()
        }
    }

    @Test("IDLE-5 probe: if one end is gone, the other is reset", arguments: IPVersion.allCases, [true, false])
    func probeDead(version: IPVersion, serverIsGone: Bool) async throws {
        try await withGateway(rules: [rule(9001, "idleTimeout: 2s, onIdle: probe")]) { lab, _ in
            let pair = try await EndPair.open(in: lab, version, port: 9001)
            let gone: LabPlace = serverIsGone ? .internet : .client
            if serverIsGone {
                try await lab.execute(in: gone, ["ip", "link", "set", "eth0", "down"]).required()
            } else {
                _ = try await Obstacle.put(in: lab, at: gone, .input, "meta l4proto tcp")
            }
            let end = serverIsGone ? pair.client : pair.server
            try await end.waitFor("error", within: .seconds(4) + patience)
            #expect(end.errors == ["ECONNRESET"])
            #expect((serverIsGone ? pair.server : pair.client).errors == [])
            let session = try #require(try pair.session())
            #expect(session.state == "resetting" && session.endReason == "probeFailed")
            // The lost end was probed after the idle timeout, and had time to answer.
            let (last, error) = (end.events("data").last?.at, end.events("error").first?.at)
            #expect(try #require(error) - #require(last) > 2.4)
        }
    }

    @Test(
        "IDLE-5 a rule sets its own timeout, and whether its sessions expire with a RST", arguments: IPVersion.allCases)
    func ownTreatment(version: IPVersion) async throws {
        let rules = [
            rule(9001, "onIdle: silent, idleTimeout: 2s"), rule(9002, "idleTimeout: 2s"), rule(9003, "idleTimeout: 1h"),
            rule(9004, "onIdle: reset, idleTimeout: 2s"),
        ]
        try await withGateway(timeScale: 1, rules: rules) { lab, _ in
            let capture = try await lab.capture(in: .client, filter: anyReset)
            let silent = try await EndPair.open(in: lab, version, port: 9001)
            let quick = try await EndPair.open(in: lab, version, port: 9002)
            let lasting = try await EndPair.open(in: lab, version, port: 9003)
            // East-west, where sessions expire without a RST by default.
            let eastWest = try await EndPair.open(in: lab, to: .peer, version, port: 9004)
            try await quick.expectResets(within: patience)
            try await eastWest.expectResets(within: patience)
            let isGone = try await eventually(within: patience) { try silent.session() == nil }
            #expect(isGone)
            #expect(silent.client.errors == [] && silent.server.errors == [])
            #expect(await capture.stop().filter { $0.contains(".9001") || $0.contains(".9003") } == [])
            await lasting.expectAlive()
            #expect(try lasting.session()?.idleTimeoutSeconds ?? 0 >= 3600)
        }
    }
}

extension LabZone {
    /// The zones to which the client opens sessions.
    static let destinations = [LabZone.internet, .peer]
}
