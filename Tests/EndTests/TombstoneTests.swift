import Inspection
import Lab
import Testing

/// RST-2: late segments reach the tombstone, and the kernel program answers them.
extension EndTests {
    @Test(
        "RST-2 if an end's reset is lost, its next segment triggers another one, with and without checksum offload",
        arguments: IPVersion.allCases, [true, false])
    func answer(version: IPVersion, offload: Bool) async throws {
        try await withGateway(rules: [rule(9001, "idleTimeout: 2s")]) { lab, _ in
            for place in [LabPlace.client, .internet] where !offload {
                try await lab.execute(in: place, ["ethtool", "-K", "eth0", "tx", "off"]).required()
            }
            let pair = try await EndPair.open(in: lab, version, port: 9001)
            let losses = [
                try await Obstacle.put(in: lab, at: .client, .input, isReset),
                try await Obstacle.put(in: lab, at: .internet, .input, isReset),
            ]
            try await pair.waitForSession("idle") { $0.state == "resetting" }
            for loss in losses {
                let isLost = try await eventually(within: patience) { try await loss.stopped() == 1 }
                #expect(isLost)
                try await loss.remove()
            }
            #expect(pair.client.errors == [] && pair.server.errors == [])

            let atClient = try await lab.capture(in: .client, filter: anyReset, options: ["-vv"])
            let atServer = try await lab.capture(in: .internet, filter: anyReset, options: ["-vv"])
            // Data with options (timestamps), and a bare FIN.
            pair.client.perform("send 10")
            try await pair.client.waitFor("error", within: soon)
            pair.server.perform("shutdown")
            try await pair.server.waitFor("error", within: soon)
            #expect(pair.client.errors == ["ECONNRESET"])
            #expect(pair.server.errors == ["ECONNRESET"])
            #expect(pair.server.received == 100, "the late segment itself is not forwarded")
            let position = try #require(try pair.session()).positions
            for (capture, sequence) in [
                (atClient, position.originator.acknowledged), (atServer, position.responder.acknowledged),
            ] {
                try await capture.waitForPackets(with: "Flags [R]", within: patience)
                let segments = WireSegment.all(await capture.stop())
                #expect(segments.count == 1, "\(segments)")
                let segment = try #require(segments.first)
                #expect(segment.text.contains("seq \(sequence),"), "at SEG.ACK, \(sequence): \(segment)")
                // With offload no interface of the lab completes the checksum. The proof is that the end accepts the
                // reset.
                if !offload { segment.expectOurs(version) }
                #expect(segment.text.contains(version == .four ? "ttl 64" : "hlim 64"), "\(segment)")
            }
        }
    }

    @Test("RST-2 an RST is never answered", arguments: IPVersion.allCases)
    func resetUnanswered(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let pair = try await EndPair.open(in: lab, version)
            try await pair.reset()
            try await pair.expectResets()
            let positions = try #require(try pair.session()).positions
            let inspector = try GatewayInspector(gateway: lab.name)
            let dropped = inspector.drops()["tombstone"] ?? 0
            let capture = try await lab.capture(in: .internet, filter: anyReset)
            let atClient = try await lab.capture(in: .client, filter: anyReset)
            for flags in ["rst", "rst,ack"] {
                try await inject(
                    in: lab, version, from: 8000, to: pair.port, flags: flags,
                    sequences: [positions.responder.sequenceEnd, positions.responder.sequenceEnd &+ 77],
                    acknowledgment: positions.originator.sequenceEnd)
            }
            let isCounted = await eventually(within: patience) { inspector.drops()["tombstone"] ?? 0 >= dropped + 4 }
            #expect(isCounted)
            // The control: a segment without RST is answered.
            try await inject(
                in: lab, version, from: 8000, to: pair.port, flags: "ack",
                sequences: [positions.responder.sequenceEnd], acknowledgment: positions.originator.sequenceEnd)
            let client = LabZone.client.address(version) + ".\(pair.port)"
            try await capture.waitForPackets(with: "\(client) >", within: patience)
            let answers = await capture.stop().filter { $0.contains("\(client) >") }
            #expect(answers.count == 1, "\(answers)")
            #expect(await atClient.stop() == [], "no reset reaches the other end")
        }
    }

    @Test(
        "RST-2 a segment without ACK, the session's repeated SYN, is answered by RST|ACK that acknowledges it",
        arguments: IPVersion.allCases)
    func answerWithoutAcknowledgment(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let pair = try await EndPair.open(in: lab, version, client: ["--initial-sequence", "777000"])
            try await pair.reset()
            try await pair.expectResets()
            let capture = try await lab.capture(in: .client, filter: anyReset)
            // It begins no session. Every segment except SYN and RST has an ACK (RFC 9293, 3.1), and a SYN may have
            // data.
            try await inject(
                in: lab, version, fromClient: pair.port, to: 8000, flags: "syn", sequences: [777_000])
            try await inject(
                in: lab, version, fromClient: pair.port, to: 8000, flags: "syn", sequences: [777_000], data: 20)
            try await capture.waitForPackets(with: "Flags [R.]", "ack 777001,", within: patience)
            try await capture.waitForPackets(with: "Flags [R.]", "ack 777021,", within: patience)
            #expect(await capture.stop().count == 2)
            #expect(try pair.session()?.state == "resetting")
        }
    }

    @Test(
        "RST-2 a new SYN from the same port ends the tombstone and begins a new session, even if the server has not seen the reset",
        arguments: IPVersion.allCases)
    func newSession(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let first = try await EndPair.open(in: lab, version, client: ["--source-port", "44444"])
            let old = try #require(try first.session())
            try await first.reset()
            try await first.expectResets()
            await first.close()
            #expect(try first.session()?.state == "resetting")

            let second = try await EndPair.open(in: lab, version, client: ["--source-port", "44444"])
            let new = try #require(try second.session())
            #expect(new.state == "established" && new.id != old.id)
            await second.expectAlive()

            // The server's reset is lost, so it answers the next SYN from its old connection.
            let loss = try await Obstacle.put(in: lab, at: .internet, .input, isReset)
            try await second.waitForPositions("no delayed ACK that would be answered") { $0.isSettled }
            try await second.reset()
            try await second.client.waitFor("error", within: soon)
            #expect(second.client.errors == ["ECONNRESET"])
            try await loss.remove()
            #expect(second.server.errors == [])
            let client = try lab.endpoint(
                in: .client, ["connect", LabZone.internet.address(version), "8000", "--source-port", "44444"])
            try await client.waitFor("connected", within: patience)
            try await second.server.waitFor("error", within: soon)
            #expect(second.server.errors == ["ECONNRESET"])
            try await second.server.waitFor("accepted", count: 2, within: patience)
            client.perform("send 1000")
            let arrived = await eventually(within: patience) {
                second.server.events("data").contains { $0.id == 2 && $0.total == 1000 }
            }
            #expect(arrived)
            #expect(client.errors == [])
        }
    }
}
