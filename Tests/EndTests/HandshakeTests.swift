import Lab
import Testing

/// Real ends that connect again from the same port (RFC 9293, 3.5 and 3.10.7.4).
extension EndTests {
    @Test(
        "SESS-2 a refused client tries again from the same port until the server listens: its first SYN then connects",
        arguments: IPVersion.allCases)
    func refusedBefore(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            for _ in 0..<3 {
                let refused = try lab.endpoint(
                    in: .client, ["connect", LabZone.internet.address(version), "8000", "--source-port", "45001"])
                try await refused.waitFor("error", within: patience)
                #expect(refused.errors == ["ECONNREFUSED"])
            }
            let retransmissions = try await syns(lab) {
                let pair = try await EndPair.open(in: lab, version, client: ["--source-port", "45001"])
                await pair.expectAlive()
                await pair.close()
            }
            #expect(retransmissions == 1, "SYNs of the client")
        }
    }

    @Test(
        "SESS-2 a client that has crashed connects again from the same port, though the server still has the old connection",
        arguments: IPVersion.allCases)
    func forgotten(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let first = try await EndPair.open(in: lab, version, client: ["--source-port", "45002"])
            // The client's machine crashes: its last segments are lost.
            let silence = try await Obstacle.put(in: lab, at: .client, .output, "tcp flags & (fin | rst) != 0")
            try await lab.execute(in: .client, ["ss", "-K", "sport", "=", ":45002"]).required()
            try await first.client.waitFor("error", within: patience)
            #expect(try await silence.stopped() > 0)
            try await silence.remove()
            #expect(first.server.errors == [])
            #expect(try first.session() != nil)

            let client = try lab.endpoint(
                in: .client, ["connect", LabZone.internet.address(version), "8000", "--source-port", "45002"])
            try await client.waitFor("connected", within: patience)
            try await first.server.waitFor("accepted", count: 2, within: patience)
            client.perform("send 1000")
            let arrived = await eventually(within: patience) {
                first.server.events("data").contains { $0.id == 2 && $0.total == 1000 }
            }
            #expect(arrived)
            await first.close()
        }
    }

    /// How many SYNs the client sends while `body` runs.
    private func syns(_ lab: Lab, _ body: () async throws -> Void) async throws -> Int {
        let rule = """
            table inet count { chain way { type filter hook output priority 0; tcp flags & (syn | ack) == syn counter; }; }
            """
        try await lab.execute(in: .client, ["nft", rule]).required()
        try await body()
        let text = try await lab.execute(in: .client, ["nft", "list", "table", "inet", "count"]).required().output
        try await lab.execute(in: .client, ["nft", "delete", "table", "inet", "count"]).required()
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let index = words.firstIndex(of: "packets"), index + 1 < words.count else { return 0 }
        return Int(words[index + 1]) ?? 0
    }
}
