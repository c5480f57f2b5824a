import FlowCore
import FlowLayout
import Glibc
import Kernel
import Lab
import Testing

@testable import Gateway

/// Several instance processes on one gateway, with real sockets as the sessions' ends.
@Suite(.serialized) struct SharedGatewayTests {
    static let connections = 30
    static let patience = Duration.seconds(10)

    /// The given number of connections from client to a server in a zone, all of which have exchanged data.
    private func connect(
        _ gateway: SharedGateway, to zone: LabZone, port: Int, count: Int = connections
    ) async throws -> (client: Endpoint, server: Endpoint) {
        let server = try await gateway.lab.listener(in: .zone(zone), port: port, "--echo")
        let client = try gateway.lab.connector(
            in: .client, to: zone.address, port: port, "--count", "\(count)")
        try await client.waitFor("connected", count: count, within: Self.patience)
        try await exchange(client, count: count)
        return (client, server)
    }

    /// Every connection sends, and gets its echo.
    private func exchange(_ client: Endpoint, count: Int = connections) async throws {
        let before = client.events("data").count
        client.perform("send 10")
        try await client.waitFor("data", count: before + count, within: Self.patience)
    }

    @Test(
        "FLEET-1 KEEP-1 KEEP-3 SCALE-4 spread over three instances; one is killed, its slabs move: all go on, and age")
    func takeover() async throws {
        try await withSharedGateway(instances: [21, 22, 23]) { gateway in
            var meter = LoadMeter(datapath: gateway.datapath)
            _ = meter.sample(processes: gateway.processIdentifiers, now: MonotonicClock.nanoseconds())
            let (client, server) = try await connect(gateway, to: .internet, port: 8000)
            for instance: UInt16 in [21, 22, 23] { #expect((3...20).contains(gateway.live(instance))) }
            // Each makes a pass in this time.
            try await Task.sleep(for: .milliseconds(600))
            let load = meter.sample(processes: gateway.processIdentifiers, now: MonotonicClock.nanoseconds())
            for instance: UInt16 in [21, 22, 23] {
                #expect((load[instance]?.bitsPerSecond ?? 0) > 0 && (load[instance]?.processProcessors ?? 0) > 0)
            }

            // A fourth one takes part in new sessions only.
            try gateway.start(24)
            try await gateway.waitFor(24, .serving)
            gateway.steer(to: [21, 22, 23, 24])
            let before = (21...23).map { gateway.live($0) }
            try await Task.sleep(for: .seconds(1))
            #expect((21...23).map { gateway.live($0) } == before && gateway.live(24) == 0)
            #expect((gateway.sharing.counts()[24]?.slabs ?? 0) > 0)
            gateway.steer(to: [21, 22, 23])

            await gateway.kill(21)
            let lost = gateway.live(21)
            try await exchange(client)
            gateway.steer(to: [22, 23])
            let move = gateway.sharing.moveSlabs(from: 21, to: [22, 23])
            #expect(move.sessions == lost && gateway.live(21) == 0)
            try await exchange(client)
            #expect(client.errors.isEmpty && server.errors.isEmpty)
            #expect(gateway.live(22) + gateway.live(23) == Self.connections)

            // The new owners age them: N-S, reset at both ends.
            gateway.datapath.table.treatments[Int(TreatmentIndex.northSouth)].timeoutTicks = 60
            try await client.waitFor("error", count: Self.connections, within: Self.patience)
            try await server.waitFor("error", count: Self.connections, within: Self.patience)
            #expect(Set(client.errors) == ["ECONNRESET"] && Set(server.errors) == ["ECONNRESET"])
        }
    }

    @Test("DRAIN-1 DRAIN-2 DRAIN-3 a drain: refuses, resets both ends N-S and E-W, ends its process; the others go on")
    func drain() async throws {
        try await withSharedGateway(instances: [21, 22]) { gateway in
            let outer = try await connect(gateway, to: .internet, port: 8000)
            let inner = try await connect(gateway, to: .peer, port: 8001)
            let leaving = gateway.live(21)
            let staying = gateway.live(22)
            #expect(leaving > 10 && leaving + staying == 2 * Self.connections)

            gateway.steer(to: [22])
            gateway.orders.setState(of: 21, .drainingRefuse)
            let late = try await connect(gateway, to: .internet, port: 8002, count: 10)
            try await exchange(outer.client)
            try await exchange(inner.client)
            #expect(gateway.live(21) == leaving && gateway.live(22) == staying + 10)

            gateway.orders.setState(of: 21, .drainingReset, drainWindowNanoseconds: 4_000_000_000)
            for instance: UInt16 in [21, 22] { gateway.orders.ask(instance) }
            let ends = [outer.client, outer.server, inner.client, inner.server]
            let allReset = await eventually(within: Self.patience) {
                ends[0].errors.count + ends[2].errors.count == leaving
                    && ends[1].errors.count + ends[3].errors.count == leaving
            }
            #expect(allReset, "\(ends.map { $0.errors.count }) of \(leaving)")
            for end in ends { #expect(Set(end.errors).isSubset(of: ["ECONNRESET"])) }
            #expect(gateway.sharing.sessionsLeft(of: 21) == leaving && gateway.live(21) == 0)

            gateway.orders.setState(of: 21, .ending)
            gateway.process(21)?.send(signal: SIGTERM)
            #expect(await gateway.process(21)?.waitForExit(within: .seconds(5)) == .code(0))
            gateway.orders.setState(of: 21, .stopped)
            #expect(gateway.sharing.discardSessions(of: 21, reason: .drained, now: gateway.tick) == 0)
            #expect(gateway.sharing.counts()[21] == nil)
            try await exchange(late.client, count: 10)
            #expect(late.client.errors.isEmpty && gateway.live(22) == staying + 10)
            #expect(gateway.orders.answered(by: 22) > 0)
        }
    }

    @Test("RECOV-2 a lost instance's sessions go without a segment: the ends learn nothing, and the slots serve again")
    func discard() async throws {
        try await withSharedGateway(instances: [21, 22]) { gateway in
            let (client, server) = try await connect(gateway, to: .internet, port: 8000)
            let lost = gateway.live(21)
            gateway.process(21)?.send(signal: SIGSTOP)
            let question = gateway.orders.ask(21)
            try await Task.sleep(for: .seconds(1))
            #expect(gateway.orders.answered(by: 21) < question)
            await gateway.kill(21)
            gateway.steer(to: [22])
            gateway.orders.setState(of: 21, .stopped)
            #expect(gateway.sharing.discardSessions(of: 21, now: gateway.tick) == lost)
            let sharing = gateway.sharing
            let isClean = await eventually(within: Self.patience) {
                sharing.poolSlabsWithSessions().isEmpty && sharing.counts()[21] == nil
            }
            #expect(isClean)
            let before = client.events("data").count
            client.perform("send 10")
            try await Task.sleep(for: .seconds(2))
            #expect(client.events("data").count == before + Self.connections - lost)
            #expect(client.errors.isEmpty && server.errors.isEmpty)
            let again = try await connect(gateway, to: .internet, port: 8001)
            #expect(again.client.errors.isEmpty && gateway.live(22) == 2 * Self.connections - lost)
        }
    }
}
