import Inspection
import Lab
import Testing

/// RST-6: both real ends of a session that the firewall has reset see it at once.
extension EndTests {
    @Test(
        "RST-6 RST-1 idle expiry, north-south: both ends see ECONNRESET, not before the timeout",
        arguments: IPVersion.allCases)
    func idleExpiry(version: IPVersion) async throws {
        try await withGateway(rules: [rule(9001, "idleTimeout: 2s")]) { lab, _ in
            let pair = try await EndPair.open(in: lab, version, port: 9001)
            try await pair.expectResets(within: .seconds(2) + .seconds(1) + soon)
            for end in [pair.client, pair.server] {
                let data = try #require(end.events("data").last?.at)
                let error = try #require(end.events("error").first?.at)
                #expect(error - data >= 2)
            }
            #expect(try pair.session()?.endReason == "idleReset")
        }
    }

    @Test(
        "RST-6 RST-1 delayed ACK: an end that has not acknowledged yet sees ECONNRESET", arguments: IPVersion.allCases)
    func delayedAcknowledgment(version: IPVersion) async throws {
        try await withGateway(alone: true) { lab, _ in
            let inspector = try GatewayInspector(gateway: lab.name)
            // Such an end receives two resets. The first lies in its window, and the end sends a challenge ACK. The
            // answer to this ACK would reset it too. Answers have no ACK flag and are dropped here, so the second reset
            // alone must be enough.
            for place in [LabPlace.client, .internet] {
                _ = try await Obstacle.put(in: lab, at: place, .input, "tcp flags & (rst|ack) == rst")
            }
            // Linux delays an ACK by 40 ms or more. On a busy machine it may be sent before the reset. Then the test
            // tries again with another session. The tombstone's positions show which case it was.
            var isDelayed = ["client": false, "server": false]
            for attempt in 0..<30 where isDelayed.values.contains(false) {
                let pair = try await EndPair.open(in: lab, version, port: 8000 + attempt)
                let session = try #require(try pair.session())
                let (sender, receiver) = attempt % 2 == 0 ? (pair.client, pair.server) : (pair.server, pair.client)
                let before = (session.positions.originator.sequenceEnd, session.positions.responder.sequenceEnd)
                // Its answer shows that it has read the command before it.
                receiver.perform("quickack off")
                _ = try await receiver.tcpState()
                sender.perform("send 200")
                // No pause: each read takes some microseconds.
                let deadline = ContinuousClock.now + patience
                while ContinuousClock.now < deadline {
                    let now = try #require(inspector.sessions().first(where: pair.isOwn)).positions
                    if (now.originator.sequenceEnd, now.responder.sequenceEnd) != before { break }
                }
                try #require(try resetSessions(of: lab, [session]) == 1)
                let end = try #require(try pair.session())
                try #require(end.state == "resetting")
                try await pair.expectResets()
                let positions = end.positions
                if positions.responder.acknowledged != positions.originator.sequenceEnd { isDelayed["server"] = true }
                if positions.originator.acknowledged != positions.responder.sequenceEnd { isDelayed["client"] = true }
                await pair.close()
            }
            #expect(
                isDelayed == ["client": true, "server": true],
                "an ACK was delayed at the moment of a reset")
        }
    }

    @Test("RST-6 lost acknowledgments: an end whose ACKs were lost sees ECONNRESET", arguments: IPVersion.allCases)
    func lostAcknowledgments(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let pair = try await EndPair.open(in: lab, version)
            _ = try await Obstacle.put(in: lab, at: .internet, .output, "tcp sport 8000 \(noReset)")
            pair.client.perform("send 3000")
            let received = await eventually(within: patience) { pair.server.received == 3100 }
            try #require(received)
            let session = try #require(try pair.session())
            #expect(session.positions.responder.acknowledged != session.positions.originator.sequenceEnd)
            try await pair.reset()
            try await pair.expectResets()
        }
    }

    @Test(
        "RST-6 loss behind the firewall: an end that did not receive the forwarded segments sees ECONNRESET",
        arguments: IPVersion.allCases)
    func lossBehind(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let pair = try await EndPair.open(in: lab, version)
            let acknowledged = try #require(try pair.session()).positions
            let atServer = try await Obstacle.put(in: lab, at: .internet, .input, "tcp dport 8000 \(noReset)")
            let atClient = try await Obstacle.put(in: lab, at: .client, .input, "tcp sport 8000 \(noReset)")
            pair.client.perform("send 5000")
            pair.server.perform("send 5000")
            let ahead = try await pair.waitForPositions("data in both directions") {
                $0.originator.sequenceEnd == acknowledged.originator.sequenceEnd &+ 5000
                    && $0.responder.sequenceEnd == acknowledged.responder.sequenceEnd &+ 5000
            }
            #expect(ahead.responder.acknowledged == acknowledged.originator.sequenceEnd)
            #expect(ahead.originator.acknowledged == acknowledged.responder.sequenceEnd)
            #expect(try await atServer.stopped() > 0)
            #expect(try await atClient.stopped() > 0)
            try await pair.reset()
            try await pair.expectResets()
            #expect(pair.server.received == 100 && pair.client.received == 100)
        }
    }

    @Test("RST-6 SACK holes: an end that misses a segment in the middle sees ECONNRESET", arguments: IPVersion.allCases)
    func selectiveAcknowledgment(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let initial = 1_000_000
            let pair = try await EndPair.open(in: lab, version, client: ["--initial-sequence", "\(initial)"])
            let capture = try await lab.capture(in: .internet, filter: "tcp src port 8000 or (ip6 and src port 8000)")
            // The segment after the first 100 bytes never arrives, however often it is sent.
            let missing = initial + 1 + 100
            _ = try await Obstacle.put(
                in: lab, at: .internet, .input, "tcp dport 8000 tcp sequence \(missing) \(noReset)")
            for _ in 0..<4 { pair.client.perform("send 500") }
            try await capture.waitForPackets(with: "sack 1", within: patience)
            let positions = try await pair.waitForPositions("data beyond the hole") {
                // How much the sender sends beyond the hole depends on its congestion control.
                $0.originator.sequenceEnd >= UInt32(missing + 1000)
            }
            #expect(positions.responder.acknowledged == UInt32(missing))
            try await pair.reset()
            try await pair.expectResets()
            #expect(pair.server.received == 100)
        }
    }

    @Test(
        "RST-6 window scaling: ends with a large window, and with a zero window, see ECONNRESET",
        arguments: IPVersion.allCases)
    func windowScaling(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            for place in [LabPlace.client, .internet] {
                let command = ["sysctl", "-qw", "net.ipv4.tcp_rmem=4096 2000000 6000000"]
                try await lab.execute(in: place, command).required()
            }
            // The server does not read, so the data fills a part of its window, or all of it.
            for (port, bytes) in [(8000, 300_000), (8001, 20_000_000)] {
                let pair = try await EndPair.open(in: lab, version, port: port, server: ["--no-read"])
                let start = try #require(try pair.session()).positions.originator.sequenceEnd
                pair.client.perform("send \(bytes)")
                try await pair.waitForPositions("far beyond an unscaled window") {
                    $0.isSettled && $0.originator.sequenceEnd &- start >= 300_000
                }
                try await pair.reset()
                try await pair.expectResets()
            }
        }
    }

    @Test(
        "RST-6 sequence wrap: ends whose sequence numbers pass 2^32 see ECONNRESET, acknowledged or not",
        arguments: IPVersion.allCases)
    func sequenceWrap(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            // The first 100 bytes pass 2^32.
            let past = try await EndPair.open(
                in: lab, version, client: ["--initial-sequence", "\(UInt32.max - 50)"])
            #expect(try past.session()?.positions.originator.sequenceEnd == 50)
            await past.expectAlive()
            try await past.reset()
            try await past.expectResets()

            // Acknowledged bytes lie before 2^32, and bytes that are not acknowledged lie beyond it.
            let across = try await EndPair.open(
                in: lab, version, port: 8001, client: ["--initial-sequence", "\(UInt32.max - 200)"])
            _ = try await Obstacle.put(in: lab, at: .internet, .input, "tcp dport 8001 \(noReset)")
            across.client.perform("send 5000")
            let positions = try await across.waitForPositions("beyond 2^32") { $0.originator.sequenceEnd < 10_000 }
            #expect(positions.responder.acknowledged > UInt32.max - 200)
            try await across.reset()
            try await across.expectResets()
        }
    }

    @Test("RST-6 full load: ends that both send as fast as possible see ECONNRESET", arguments: IPVersion.allCases)
    func fullFlight(version: IPVersion) async throws {
        try await withGateway(alone: true) { lab, _ in
            let pair = try await EndPair.open(in: lab, version, client: ["--quiet"], server: ["--quiet"])
            pair.client.perform("send 100000000000")
            pair.server.perform("send 100000000000")
            try await pair.waitForSession("much data has crossed") {
                $0.bytes.toDestination > 3_000_000 && $0.bytes.toSource > 3_000_000
            }
            try await pair.reset()
            try await pair.expectResets()
        }
    }

    @Test(
        "RST-6 RST-5 many at once: both ends of all 200 sessions that match a filter see ECONNRESET, other sessions stay",
        arguments: IPVersion.allCases)
    func many(version: IPVersion) async throws {
        try await withGateway { lab, gateway in
            let other = try await EndPair.open(in: lab, version, port: 8001)
            let server = try await lab.listener(in: .internet, port: 8000)
            let client = try lab.endpoint(
                in: .client, ["connect", LabZone.internet.address(version), "8000", "--count", "200"])
            try await client.waitFor("connected", count: 200, within: patience)
            try await server.waitFor("accepted", count: 200, within: patience)
            let result = try await gateway.command("session", "reset", "--port", "8000").required()
            #expect(result.output.contains("200 sessions reset"), "\(result.allOutput)")
            let all = [String](repeating: "ECONNRESET", count: 200)
            _ = await eventually(within: soon) { client.errors.count >= 200 && server.errors.count >= 200 }
            #expect(client.errors == all)
            #expect(server.errors == all)
            await other.expectAlive()
        }
    }
}
