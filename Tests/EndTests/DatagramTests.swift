import Inspection
import Lab
import Testing

/// SESS-7 and SESS-8: protocols other than TCP, and fragments.
extension EndTests {
    @Test(
        "SESS-7 UDP: datagrams cross in both directions in one session, which expires without a message",
        arguments: IPVersion.allCases)
    func datagrams(version: IPVersion) async throws {
        // 4 min become 4 s.
        try await withGateway(timeScale: 60, rules: [udp]) { lab, _ in
            let server = try lab.endpoint(in: .internet, ["echo-datagrams", "9100"])
            try await server.waitFor("listening", within: patience)
            let client = try lab.endpoint(in: .client, ["datagrams", LabZone.internet.address(version), "9100"])
            let port = try #require(try await client.waitFor("connected", within: patience).first?.localPort)
            client.perform("send 100")
            client.perform("send 1400")
            // In fragments.
            client.perform("send 5000")
            let answers = try await client.waitFor("data", count: 3, within: patience)
            #expect(answers.compactMap(\.bytes).sorted() == [100, 1400, 5000])
            let inspector = try GatewayInspector(gateway: lab.name)
            let session = try #require(inspector.sessions().first { $0.source.port == port })
            #expect(session.protocol == "udp" && session.trafficClass == "northSouth" && session.state == "established")
            #expect(session.packets.toDestination == session.packets.toSource)
            #expect(session.bytes.toDestination > 6500 && session.bytes.toDestination == session.bytes.toSource)
            let isGone = await eventually(within: .seconds(4) + patience) {
                inspector.sessions().allSatisfy { $0.source.port != port }
            }
            #expect(isGone)
            // A datagram begins a new session, and its answer comes back in that session.
            client.perform("send 7")
            try await client.waitFor("data", count: 4, within: patience)
            #expect(client.errors == [])
        }
    }

    @Test("SESS-7 UDP: the other side may not begin a session", arguments: IPVersion.allCases)
    func datagramsInbound(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let server = try lab.endpoint(in: .client, ["echo-datagrams", "9100"])
            try await server.waitFor("listening", within: patience)
            let client = try lab.endpoint(in: .internet, ["datagrams", LabZone.client.address(version), "9100"])
            try await client.waitFor("connected", within: patience)
            client.perform("send 100")
            let inspector = try GatewayInspector(gateway: lab.name)
            let isDenied = await eventually(within: patience) { inspector.drops()["denied"] ?? 0 > 0 }
            #expect(isDenied)
            #expect(server.events("data").isEmpty && client.events("data").isEmpty)
        }
    }

    @Test(
        "SESS-7 ICMP errors: 'port unreachable' reaches the sender",
        arguments: IPVersion.allCases)
    func portUnreachable(version: IPVersion) async throws {
        try await withGateway(rules: [udp]) { lab, _ in
            let client = try lab.endpoint(in: .client, ["datagrams", LabZone.internet.address(version), "9101"])
            try await client.waitFor("connected", within: patience)
            client.perform("send 100")
            try await client.waitFor("error", within: patience)
            #expect(client.errors == ["ECONNREFUSED"])
        }
    }

    @Test("SESS-7 two hosts ping each other with one identifier at the same time", arguments: IPVersion.allCases)
    func pingsBothWays(version: IPVersion) async throws {
        try await withGateway(rules: [pingsBack]) { lab, _ in
            func ping(_ zone: LabZone) -> [String] {
                ["ping", "-\(version.rawValue)", "-e", "1", "-c", "5", "-i", "0.2", "-W", "5", zone.address(version)]
            }
            async let there = lab.execute(in: .client, ping(.internet))
            async let back = lab.execute(in: .internet, ping(.client))
            for result in try await [there, back] {
                #expect(result.output.contains("5 received"), "\(result.allOutput)")
            }
            let sessions = try GatewayInspector(gateway: lab.name).sessions().filter { $0.protocol.hasPrefix("icmp") }
            #expect(sessions.count == 2 && Set(sessions.map(\.source.address)).count == 2)
            #expect(sessions.allSatisfy { $0.source.port == 1 && $0.packets.toDestination == $0.packets.toSource })
        }
    }

    @Test(
        "SESS-8 fragments: a ping of 4000 bytes crosses, north-south and east-west", arguments: IPVersion.allCases)
    func fragmentedPing(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            for zone in LabZone.destinations {
                let capture = try await lab.capture(
                    in: .zone(zone), filter: "icmp or (ip6 and (icmp6 or ip6[6] == 44))")
                let ping = [
                    "ping", "-\(version.rawValue)", "-c", "3", "-i", "0.2", "-W", "5", "-s", "4000",
                    zone.address(version),
                ]
                let result = try await lab.execute(in: .client, ping)
                #expect(result.output.contains("3 received"), "\(result.allOutput)")
                // Each ping has three fragments in each direction.
                #expect(await capture.stop().count >= 18)
            }
            #expect(try GatewayInspector(gateway: lab.name).drops()["fragment"] == 0)
        }
    }

    @Test(
        "SESS-8 fragments without a first fragment are dropped, whatever a rule allows", arguments: IPVersion.allCases)
    func fragmentsWithoutFirst(version: IPVersion) async throws {
        try await withGateway(rules: [udp]) { lab, _ in
            let inspector = try GatewayInspector(gateway: lab.name)
            let fragments = version == .four ? "ip[6:2] & 0x3fff != 0" : "ip6[6] == 44"
            let capture = try await lab.capture(in: .internet, filter: fragments)
            let forged = [
                "inject-fragments", "--source", LabZone.client.address(version), "--destination",
                LabZone.internet.address(version), "--count", "20",
            ]
            try await lab.endpoint(in: .client, forged).process.result(within: patience).required()
            let isCounted = await eventually(within: patience) { inspector.drops()["fragment"] ?? 0 >= 40 }
            #expect(isCounted, "\(inspector.drops())")
            #expect(capture.packets == [])
            // The control: fragments with a first fragment pass.
            let server = try lab.endpoint(in: .internet, ["echo-datagrams", "9100"])
            try await server.waitFor("listening", within: patience)
            let client = try lab.endpoint(in: .client, ["datagrams", LabZone.internet.address(version), "9100"])
            try await client.waitFor("connected", within: patience)
            client.perform("send 3000")
            try await client.waitFor("data", within: patience)
            try await capture.waitForPackets(3, with: LabZone.client.address(version), within: patience)
            await capture.stop()
        }
    }
}

/// A rule that allows UDP from the client to ports 9100 to 9109.
private let udp =
    "name: datagrams, priority: 130, access: Allow, protocol: Udp, "
    + "source: [\"\(LabZone.client.prefix)\", \"\(LabZone.client.prefix6)\"], destination: [\"*\"], "
    + "destinationPorts: [9100-9109]"

/// A rule that allows pings from the internet's hosts to every host.
private let pingsBack =
    "name: pings-back, priority: 131, access: Allow, protocol: Icmp, "
    + "source: [\"\(LabZone.internet.prefix)\", \"\(LabZone.internet.prefix6)\"], destination: [\"*\"]"
