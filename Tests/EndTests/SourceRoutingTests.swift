import Glibc
import Inspection
import Lab
import Testing

/// Next hops are cached by destination alone as long as routing depends on nothing else.
extension EndTests {
    @Test(
        "a routing rule by source applies to new and existing sessions, while other sources send to the same address",
        arguments: IPVersion.allCases)
    func routingBySource(version: IPVersion) async throws {
        try await withGateway { lab, _ in
            let inspector = try GatewayInspector(gateway: lab.name)
            let second = try await lab.addSecondAddress(version)
            let routesByDestination = { (try? inspector.status().routesByDestination) ?? false }
            #expect(await eventually(within: patience, routesByDestination))
            let others = try lab.pings(version, from: LabZone.client.address(version), count: 10_000)
            let before = try await lab.pings(version, from: second, count: 50).answers()
            #expect(before == 50)

            try await lab.rule("add", from: second, version)
            #expect(await eventually(within: patience) { !routesByDestination() })
            let during = try await lab.pings(version, from: second, count: 50).answers()
            #expect(during == 0, "pings took the route of another source")

            try await lab.rule("del", from: second, version)
            let after = try await lab.pings(version, from: second, count: 50).answers()
            #expect(after == 50)
            // All rules and routes are read again at most every 10 s.
            #expect(await eventually(within: patience, routesByDestination))
            #expect(others.isRunning, "no other source sent to the address meanwhile: \(others.allOutput)")
            await others.terminate()
        }
    }

    @Test("next hops are cached by source too while a route has several of them, and while the controller is stopped")
    func routingWithoutController() async throws {
        try await withGateway { lab, gateway in
            let inspector = try GatewayInspector(gateway: lab.name)
            let routesByDestination = { (try? inspector.status().routesByDestination) ?? false }
            #expect(await eventually(within: patience, routesByDestination))
            let hops = [LabZone.internet, .peer].flatMap { ["nexthop", "via", $0.address] }
            try await lab.execute(in: .gateway, ["ip", "route", "add", "198.51.100.0/24"] + hops).required()
            #expect(await eventually(within: patience) { !routesByDestination() })
            try await lab.execute(in: .gateway, ["ip", "route", "del", "198.51.100.0/24"]).required()
            #expect(await eventually(within: patience, routesByDestination))

            // The controller is stopped, and does not report this rule to the kernel program.
            let second = try await lab.addSecondAddress(.four)
            gateway.process.send(signal: SIGSTOP)
            defer { gateway.process.send(signal: SIGCONT) }
            try await lab.rule("add", from: second, .four)
            #expect(await eventually(within: patience) { !routesByDestination() })
            let others = try lab.pings(.four, from: LabZone.client.address, count: 10_000)
            #expect(
                try await lab.pings(.four, from: second, count: 50).answers() == 0,
                "pings took the route of another source")
            #expect(others.isRunning, "no other source sent to the address meanwhile: \(others.allOutput)")
            await others.terminate()
        }
    }
}

extension Lab {
    /// Gives the client a second address.
    fileprivate func addSecondAddress(_ version: IPVersion) async throws -> String {
        let address = LabZone.client.address(version) + "1"
        let options = version == .four ? [] : ["nodad"]
        try await execute(
            in: .client,
            ["ip", "address", "add", "\(address)/\(version == .four ? 24 : 64)", "dev", LabZone.hostInterface] + options
        ).required()
        return address
    }

    /// Adds or deletes a rule on the gateway that prohibits all packets from an address.
    fileprivate func rule(_ action: String, from source: String, _ version: IPVersion) async throws {
        try await execute(
            in: .gateway, ["ip", "-\(version.rawValue)", "rule", action, "from", source, "prohibit"]
        ).required()
    }

    /// Sends 500 pings a second from an address to the internet's host: one session, on one processor. So they
    /// all use the same next-hop cache.
    fileprivate func pings(_ version: IPVersion, from source: String, count: Int) throws -> ChildProcess {
        try spawn(
            in: .client,
            [
                "taskset", "-c", "0", "ping", "-\(version.rawValue)", "-n", "-q", "-i", "0.002", "-c", "\(count)", "-W",
                "1",
                "-I", source, LabZone.internet.address(version),
            ])
    }
}

extension ChildProcess {
    /// How many pings were answered, from ping's summary.
    fileprivate func answers() async throws -> Int {
        _ = try await result(within: patience)
        let words = standardOutput.split(whereSeparator: { " ,".contains($0) })
        guard let index = words.firstIndex(of: "received"), let count = Int(words[index - 1]) else {
            Issue.record("ping said: \(allOutput)")
            return -1
        }
        return count
    }
}
