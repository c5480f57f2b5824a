import FlowCore
import FlowLayout
import Glibc
import Inspection
import Kernel
import Lab
import TestSupport
import Testing

/// The tally of half-open sessions of a real gateway, whose instances are killed during handshakes (BAD-8).
@Suite(.serialized) struct HalfOpenLiveTests {
    private static let kills = 6
    /// The port whose SYNs get no answer.
    private static let silentPort = "8099"

    @Test(
        "BAD-8 after kill -9 during thousands of handshakes the tally of half-open sessions is exact, and no session is refused",
        arguments: ["disruptive", "preserve"])
    func kills(continuity: String) async throws {
        try await FleetLab.with(continuity: continuity, sessions: 131_072) { fleet in
            let lab = fleet.lab
            let table =
                "table inet silent { chain way { type filter hook input priority 0; "
                + "tcp dport \(Self.silentPort) drop; }; }"
            try await lab.execute(in: .internet, ["nft", table]).required()
            let server = try lab.endpoint(in: .internet, ["absorb", "8010"])
            try await server.waitFor("listening", within: .seconds(10))
            let datapath = try Datapath.open(gateway: lab.name)
            let churn = try lab.endpoint(in: .client, ["churn", LabZone.internet.address, "8010", "--seconds", "120"])

            var seed = SystemRandomNumberGenerator()
            for round in 0..<Self.kills {
                try await flood(lab, 200)
                // A pass runs every quarter of a second. The kill comes at a random moment of it.
                for _ in 0..<Int.random(in: 1...12, using: &seed) {
                    expectBounds(datapath)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 1...40, using: &seed)))
                }
                let serving = try await fleet.status().instances.filter { $0.state == "serving" }
                try #require(!serving.isEmpty)
                let victim = serving[round % serving.count].processIdentifier
                kill(victim, SIGKILL)
                try await fleet.waitFor("a replacement", within: .seconds(20)) { status in
                    status.serving == 2 && !status.instances.contains { $0.processIdentifier == victim }
                }
            }
            #expect(churn.process.isRunning, "the handshakes have ended before the last kill")
            churn.perform("rest")
            let handshakes = try await churn.waitFor("churned", within: .seconds(40)).first?.sent ?? 0
            #expect(handshakes > 3000)
            print("half-open: \(handshakes) handshakes, \(Self.kills) kills")

            // Without handshakes, while some sessions are half-open: they expire after 3 s.
            var tally = HalfOpenTallies(datapath)
            for _ in 0..<5 where !(tally.isExact && tally.words > 100) {
                try await flood(lab, 300)
                _ = await eventually(within: .seconds(2)) {
                    tally = HalfOpenTallies(datapath)
                    return tally.isExact && tally.words > 100
                }
            }
            #expect(tally.isExact && tally.words > 100, "\(tally)")
            // And without half-open sessions.
            let isEmpty = await eventually(within: .seconds(20)) {
                tally = HalfOpenTallies(datapath)
                return tally.isExact && tally.words == 0
            }
            #expect(isEmpty, "\(tally)")

            let before = drops(datapath)
            let crowd = try await Crowd.begin(fleet, count: 100, port: 8001)
            try await crowd.expectAlive("after \(Self.kills) kills")
            #expect(drops(datapath) == before)
        }
    }

    private func flood(_ lab: Lab, _ count: Int) async throws {
        let flood = try lab.endpoint(
            in: .client,
            ["flood", LabZone.internet.address, Self.silentPort, "--count", "\(count)"]
                + ["--source", LabZone.client.address])
        try await flood.waitFor("flooded", within: .seconds(20))
    }

    /// Checks the tallies under load: they are not below zero, and not above the limit. The tolerance is for sessions
    /// whose word a processor has changed, but not their counter yet.
    private func expectBounds(_ datapath: Datapath) {
        let tally = HalfOpenTallies(datapath)
        #expect(tally.sum > -8, "\(tally)")
        #expect(tally.sum <= Int(datapath.table.runtime.pointee.halfOpenLimit) + 8, "\(tally)")
        #expect(tally.bySlab.values.allSatisfy { $0.published > -8 }, "\(tally)")
    }

    /// How many packets were dropped for lack of capacity, and for a limit.
    private func drops(_ datapath: Datapath) -> [UInt64] {
        let drops = CounterNames.drops(datapath.counters())
        return [drops["capacity"] ?? 0, drops["limited"] ?? 0]
    }
}

/// The published tallies of half-open sessions, and the true numbers.
private struct HalfOpenTallies: CustomStringConvertible {
    /// The tally that admission uses.
    var sum: Int
    /// The number of half-open sessions.
    var words = 0
    var bySlab: [Int: (published: Int, words: Int)] = [:]
    /// By instance; 0: the pool.
    var byOwner: [UInt32: (published: Int, words: Int)] = [:]

    init(_ datapath: Datapath) {
        let runtime = datapath.table.runtime
        sum = Int(
            Int32(
                bitPattern: sluice_load32(&runtime.pointee.halfOpenChanges)
                    &- sluice_load32(&runtime.pointee.halfOpenOffset)))
        for slab in 0..<datapath.table.slabCount {
            let record = datapath.table.slabs + slab
            let published = Int(
                Int32(
                    bitPattern: sluice_load32(&record.pointee.halfOpenBegun)
                        &- sluice_load32(&record.pointee.halfOpenLeft)
                        &- sluice_load32(&record.pointee.halfOpenOffset)))
            let slots = slab << datapath.table.slabShift..<(slab + 1) << datapath.table.slabShift
            let found = slots.count {
                let word = ControlWord(rawValue: sluice_load64(datapath.table.words + $0))
                return word.isState(.synSent) || word.isState(.synReceived)
            }
            words += found
            bySlab[slab] = (published, found)
            let owner = sluice_load32(&record.pointee.owner)
            let known = byOwner[owner] ?? (0, 0)
            byOwner[owner] = (known.published + published, known.words + found)
        }
    }

    var isExact: Bool {
        sum == words && bySlab.values.allSatisfy { $0.published == $0.words }
            && byOwner.values.allSatisfy { $0.published == $0.words }
    }

    var description: String {
        let wrong = bySlab.filter { $0.value.published != $0.value.words }.sorted { $0.key < $1.key }
        return "published \(sum), half-open \(words); by owner \(byOwner.sorted { $0.key < $1.key }); "
            + "wrong slabs \(wrong)"
    }
}
