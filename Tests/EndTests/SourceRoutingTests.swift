import Glibc
import Inspection
import Lab
import Testing

/// Ways are remembered by destination for as long as routing looks at nothing else.
extension EndTests {
    @Test(
        "a routing rule by source takes hold of new and old sessions, though others go to the same address all the while",
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
            #expect(during == 0, "pings went by another's way")

            try await lab.rule("del", from: second, version)
            let after = try await lab.pings(version, from: second, count: 50).answers()
            #expect(after == 50)
            // All rules and routes are read again at most every 10 s.
            #expect(await eventually(within: patience, routesByDestination))
            #expect(others.isRunning, "nobody else went there meanwhile: \(others.everythingSaid)")
            await others.terminate()
        }
    }

    @Test("ways are remembered by source too while there are several next hops, and when the controller is gone")
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

            // A rule of which nobody tells the kernel program.
            let second = try await lab.addSecondAddress(.four)
            gateway.process.send(signal: SIGSTOP)
            defer { gateway.process.send(signal: SIGCONT) }
            try await lab.rule("add", from: second, .four)
            #expect(await eventually(within: patience) { !routesByDestination() })
            let others = try lab.pings(.four, from: LabZone.client.address, count: 10_000)
            #expect(try await lab.pings(.four, from: second, count: 50).answers() == 0, "pings went by another's way")
            #expect(others.isRunning, "nobody else went there meanwhile: \(others.everythingSaid)")
            await others.terminate()
        }
    }
}

extension Lab {
    /// Gives the client an address beside its own.
    fileprivate func addSecondAddress(_ version: IPVersion) async throws -> String {
        let address = LabZone.client.address(version) + "1"
        let options = version == .four ? [] : ["nodad"]
        try await execute(
            in: .client,
            ["ip", "address", "add", "\(address)/\(version == .four ? 24 : 64)", "dev", LabZone.hostInterface] + options
        ).required()
        return address
    }

    /// A rule on the gateway that lets nobody's packets from an address go anywhere.
    fileprivate func rule(_ action: String, from source: String, _ version: IPVersion) async throws {
        try await execute(
            in: .gateway, ["ip", "-\(version.rawValue)", "rule", action, "from", source, "prohibit"]
        ).required()
    }

    /// Five hundred pings a second from an address to the service, all of one session and on one processor: what it remembers is theirs.
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
    /// How many pings were answered, by ping's summary.
    fileprivate func answers() async throws -> Int {
        _ = try await result(within: patience)
        let words = standardOutput.split(whereSeparator: { " ,".contains($0) })
        guard let index = words.firstIndex(of: "received"), let count = Int(words[index - 1]) else {
            Issue.record("ping said: \(everythingSaid)")
            return -1
        }
        return count
    }
}
