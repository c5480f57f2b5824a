import Lab
import Testing

/// A session's next hop is cached for the rest of a tick (16.8 ms), and no longer.
extension EndTests {
    @Test("a route change applies to existing sessions", arguments: IPVersion.allCases)
    func routeChange(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let pair = try await EndPair.open(in: lab, version)
            await pair.expectAlive()
            let before = pair.server.received
            let length = version == .four ? 32 : 128
            func route(_ action: String) async throws {
                let target = "\(LabZone.internet.address(version))/\(length)"
                try await lab.execute(
                    in: .gateway, ["ip", "-\(version.rawValue)", "route", action, "blackhole", target]
                ).required()
            }
            try await route("add")
            pair.client.perform("send 1000")
            try await pass(.milliseconds(700))
            #expect(pair.server.received == before, "bytes cross by a route that is gone")
            try await route("del")
            // The lost bytes are retransmitted.
            let crossed = await eventually(within: patience) { pair.server.received == before + 1000 }
            #expect(crossed)
            await pair.expectAlive()
        }
    }
}
