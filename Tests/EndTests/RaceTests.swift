import FlowCore
import Inspection
import Lab
import Testing

extension EndTests {
    @Test(
        "IDLE-6 a segment arrives just when its session expires: the session stays for both ends, or is reset at both")
    func race() async throws {
        try await withGateway(rules: [rule(9001, "idleTimeout: 2s")]) { lab, _ in
            let server = try await lab.listener(in: .internet, port: 9001)
            // Just before the timeout, at it, and after it: a session expires up to one scan later.
            let periods = ["1.9", "1.98", "2.0", "2.02", "2.05", "2.1", "2.15", "2.2", "2.25", "2.3"]
            var groups: [Group] = []
            for period in periods {
                groups.append(try Group.start(in: lab, number: groups.count, ["--send-every", period]))
            }
            // And TCP's own keep-alives.
            let keepers = try Group.start(
                in: lab, number: groups.count, ["--keepalive-idle", "2", "--keepalive-interval", "2"])
            let all = groups + [keepers]
            let isBegun = await eventually(within: patience) { all.allSatisfy { $0.isBegun } }
            try #require(isBegun)

            // While they send: the table holds no established session that was reset before.
            let inspector = try GatewayInspector(gateway: lab.name)
            let live = {
                Set(inspector.sessions(SessionFilter(port: 9001, state: .established)).map { Int($0.source.port) })
            }
            let end = ContinuousClock.now + .seconds(16)
            while ContinuousClock.now < end {
                let before = Set(all.flatMap(\.resetPorts))
                try await pass(.seconds(1))
                #expect(live().intersection(before) == [], "reset, and still established in the table")
            }
            // Some segments came too late, and some did not.
            let reset = groups.flatMap(\.resetPorts).count
            #expect(reset > 0 && reset < groups.count * Group.size, "\(reset) were reset")

            // Without segments all sessions end in the same way. Keep-alives may keep theirs.
            for group in groups { group.client.perform("rest") }
            _ = await eventually(within: patience) { groups.allSatisfy { $0.resetPorts.count == Group.size } }
            for group in groups {
                #expect(group.client.errors == [String](repeating: "ECONNRESET", count: Group.size))
            }
            let isConsistent = await eventually(within: patience) {
                resetPorts(of: server) == Set(all.flatMap(\.resetPorts))
                    && live() == Set(keepers.ports).subtracting(keepers.resetPorts)
            }
            #expect(
                isConsistent,
                """
                client and server differ in \(resetPorts(of: server).symmetricDifference(all.flatMap(\.resetPorts))); \
                established in the table: \(live()); reset, of those with keep-alives: \(keepers.resetPorts)
                """)
            #expect(Set(server.errors) == ["ECONNRESET"])
        }
    }
}

/// Connections with the same options.
private struct Group {
    static let size = 20
    let client: Endpoint
    /// The client's ports.
    let ports: Range<Int>

    static func start(in lab: Lab, number: Int, _ options: [String]) throws -> Group {
        let version = number % 2 == 0 ? IPVersion.four : .six
        let first = 20_000 + number * 100
        let client = try lab.endpoint(
            in: .client,
            ["connect", LabZone.internet.address(version), "9001", "--count", "\(size)", "--source-port", "\(first)"]
                + options)
        return Group(client: client, ports: first..<first + size)
    }

    /// Whether all have connected. On a busy machine a connection may be reset before its process sees that it was
    /// established.
    var isBegun: Bool {
        client.events("connected").count + client.events("error").filter { $0.during == "connect" }.count == Self.size
    }

    /// Ports of the connections that were reset, as the client sees it. Connections are numbered from 1.
    var resetPorts: [Int] { client.events("error").compactMap(\.id).map { ports.lowerBound + $0 - 1 } }
}

/// Client ports of the connections that were reset, as the server sees it.
private func resetPorts(of server: Endpoint) -> Set<Int> {
    let events = server.events
    let failed = Set(events.filter { $0.event == "error" }.compactMap(\.id))
    return Set(events.filter { $0.event == "accepted" && $0.id.map(failed.contains) == true }.compactMap(\.remotePort))
}
