import Glibc
import Inspection
import Lab
import Testing

/// What the ends of real connections see of a drain, and when.
@Suite(.serialized) struct DrainTests {
    /// 45 s on the labs' clock.
    static let half = Duration.seconds(45) / FleetLab.timeScale

    @Test(
        "DRAIN-1 DRAIN-2 DRAIN-3 azure: refuses for 45 s, then resets both ends of every session, N-S and E-W; ends at 90 s"
    )
    func azure() async throws {
        try await FleetLab.with { fleet in
            let outer = try await Crowd.begin(fleet, count: 40)
            let inner = try await Crowd.begin(fleet, count: 40, to: .peer, port: 8001)
            let owners = try await fleet.owners()
            #expect(try await fleet.run("fleet", "scale", "--instances", "3").succeeded)
            try await fleet.waitFor("three to serve") { $0.serving == 3 }
            let start = ContinuousClock.now
            let began = wallSeconds()
            #expect(try await fleet.run("instance", "drain", "1").succeeded)
            let late = try await Crowd.begin(fleet, count: 40, port: 8002)
            let lateOwners = try await fleet.owners().filter { late.ports.values.contains($0.key) }
            #expect(
                lateOwners.count == 40 && !lateOwners.values.contains(1), "DRAIN-1: new sessions go to other instances")
            try await outer.expectAlive("DRAIN-1")
            try await inner.expectAlive("DRAIN-1")
            let progress = try await fleet.waitFor("the reset half") {
                $0.instances.contains { $0.state == "drainingReset" }
            }
            #expect(ContinuousClock.now - start >= Self.half - .milliseconds(200))
            let drain = progress.instances.first { $0.identifier == 1 }?.drain
            #expect((drain?.deadlineInSeconds ?? 0) > 3)
            try await fleet.waitFor("the end") { !$0.instances.contains { $0.identifier == 1 } }
            let took = ContinuousClock.now - start
            #expect(took >= Self.half * 2 - .milliseconds(200) && took < Self.half * 2 + .milliseconds(1500))
            for crowd in [outer, inner] {
                let mine = Set(crowd.ports.filter { owners[$0.value] == 1 }.keys)
                #expect(!mine.isEmpty && mine.count < 40)
                let errors = crowd.client.events("error")
                #expect(Set(errors.compactMap(\.id)) == mine, "the sessions of instance 1, and no others")
                #expect(Set(errors.compactMap(\.errno)) == ["ECONNRESET"])
                let times = errors.map { $0.at - began }
                let bound = Self.half.inSeconds
                #expect(times.allSatisfy { $0 > bound - 0.2 && $0 < bound * 2 }, "\(times)")
                // Paced, and well within the window.
                #expect((times.max() ?? 0) < bound + bound / 3 + 0.5)
                #expect(crowd.server.errors == [String](repeating: "ECONNRESET", count: mine.count))
            }
            try await late.expectAlive("after the drain")
        }
    }

    @Test("DRAIN-4 azure-2025: refuses for 90 s, then drops the remaining sessions without a reset")
    func silent() async throws {
        try await FleetLab.with(profile: "azure-2025") { fleet in
            let crowd = try await Crowd.begin(fleet, count: 40)
            let owners = try await fleet.owners()
            #expect(try await fleet.run("fleet", "scale", "--instances", "3").succeeded)
            try await fleet.waitFor("three to serve") { $0.serving == 3 }
            let start = ContinuousClock.now
            #expect(try await fleet.run("instance", "drain", "1").succeeded)
            try await Task.sleep(for: Self.half * 2 - .seconds(2))
            try await crowd.expectAlive("until 90 s")
            try await fleet.waitFor("the end") { !$0.instances.contains { $0.identifier == 1 } }
            let took = ContinuousClock.now - start
            #expect(took >= Self.half * 2 - .milliseconds(200) && took < Self.half * 2 + .milliseconds(1500))
            try await Task.sleep(for: .seconds(1))
            #expect(crowd.client.errors.isEmpty && crowd.server.errors.isEmpty)
            let left = try await fleet.owners()
            let lost = owners.filter { $0.value == 1 }
            #expect(!lost.isEmpty && left.keys.allSatisfy { lost[$0] == nil })
        }
    }

    @Test(
        "DRAIN-5 with keep-alives every 30 s both ends see a reset within the reset half, even if the first resets are lost"
    )
    func lostResets() async throws {
        try await FleetLab.with { fleet in
            let crowd = try await Crowd.begin(
                fleet, count: 40, every: nil, options: ["--keepalive-idle", "3", "--keepalive-interval", "3"])
            let owners = try await fleet.owners()
            #expect(try await fleet.run("fleet", "scale", "--instances", "3").succeeded)
            try await fleet.waitFor("three to serve") { $0.serving == 3 }
            for place in [LabPlace.client, .internet] {
                try await fleet.lab.execute(
                    in: place,
                    [
                        "nft",
                        "add table inet lossy; add chain inet lossy in { type filter hook input priority 0; }; "
                            + "add rule inet lossy in tcp flags & rst == rst drop",
                    ]
                ).required()
            }
            let start = ContinuousClock.now
            #expect(try await fleet.run("instance", "drain", "1").succeeded)
            // Until after the first round, so that the first pair of resets of every session is lost.
            try await Task.sleep(for: Self.half + Self.half / 3 - .milliseconds(200) - (ContinuousClock.now - start))
            #expect(crowd.client.errors.isEmpty && crowd.server.errors.isEmpty)
            for place in [LabPlace.client, .internet] {
                try await fleet.lab.execute(in: place, ["nft", "delete table inet lossy"]).required()
            }
            try await Task.sleep(for: Self.half * 2 - (ContinuousClock.now - start))
            let mine = Set(crowd.ports.filter { owners[$0.value] == 1 }.keys)
            #expect(!mine.isEmpty)
            #expect(Set(crowd.client.events("error").compactMap(\.id)) == mine)
            #expect(crowd.client.errors.allSatisfy { $0 == "ECONNRESET" })
            #expect(crowd.server.errors == [String](repeating: "ECONNRESET", count: mine.count))
        }
    }

    @Test(
        "RECOV-3 DRAIN-2 a controller is killed during a drain: the next one resets on time, and ends the drain on time"
    )
    func killedController() async throws {
        try await FleetLab.with { first in
            var fleet = first
            let crowd = try await Crowd.begin(fleet, count: 40)
            let owners = try await fleet.owners()
            #expect(try await fleet.run("fleet", "scale", "--instances", "3").succeeded)
            try await fleet.waitFor("three to serve") { $0.serving == 3 }
            let start = ContinuousClock.now
            #expect(try await fleet.run("instance", "drain", "1").succeeded)
            try await Task.sleep(for: .seconds(1))
            await fleet.killController()
            fleet = try await fleet.startController()
            try await fleet.waitFor("the reset half") { $0.instances.contains { $0.state == "drainingReset" } }
            #expect(ContinuousClock.now - start >= Self.half - .milliseconds(200))
            await fleet.killController()
            fleet = try await fleet.startController()
            try await fleet.waitFor("the end") { !$0.instances.contains { $0.identifier == 1 } }
            let took = ContinuousClock.now - start
            #expect(took >= Self.half * 2 - .milliseconds(200) && took < Self.half * 2 + .seconds(2), "\(took)")
            let mine = Set(crowd.ports.filter { owners[$0.value] == 1 }.keys)
            #expect(Set(crowd.client.events("error").compactMap(\.id)) == mine)
            #expect(crowd.server.errors.count == mine.count)
        }
    }

    private func wallSeconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }
}
