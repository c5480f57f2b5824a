import Fleet
import FlowCore
import FlowLayout
@testable import Inspection
import Kernel
import Testing

struct HealthTests {
    @Test("OPS-2 a gateway without a finding is healthy, exit code 0")
    func healthy() {
        let status = Fixture.status()
        #expect(status.health == GatewayHealth(level: .healthy, findings: []))
        #expect(status.health.level.exitCode == 0)
    }

    @Test(
        "OPS-2 each limitation makes the gateway degraded, exit code 1, with a remedy",
        arguments: [
            Fixture.status(controller: .init(running: false, processIdentifier: 0)),
            Fixture.status(
                controller: .init(running: true, processIdentifier: 100, problems: ["interface eth7 is gone"])),
            Fixture.status(guardInstalled: false),
            Fixture.status(attached: [true, false]),
            Fixture.status(count: 900),
            Fixture.status(count: 1000),
            Fixture.status(halfOpen: 500),
            Fixture.status(instances: []),
            Fixture.status(instances: [Fixture.instance(running: false)]),
            Fixture.status(instances: [Fixture.instance(heartbeatAge: 5.1)]),
        ])
    func degraded(status: GatewayStatus) {
        #expect(status.health.level == .degraded)
        #expect(status.health.level.exitCode == 1)
        #expect(status.health.findings.count == 1)
        #expect(status.health.findings.allSatisfy { !$0.remedy.isEmpty && !$0.reason.isEmpty })
    }

    @Test("OPS-2 a problem of the controller is shown with the controller's own remedy")
    func problemRemedy() {
        func finding(_ problem: String) -> GatewayHealth.Finding? {
            Fixture.status(controller: .init(running: true, processIdentifier: 100, problems: [problem])).health
                .findings
                .first
        }
        let named = finding(ProblemText.join("no room on /var\nnext: is part of it", next: "make room: df"))
        #expect(named?.reason == "no room on /var\nnext: is part of it" && named?.remedy == "make room: df")
        // Earlier versions write no remedy.
        let bare = finding("interface eth7 is gone")
        #expect(bare?.reason == "interface eth7 is gone" && bare?.remedy.contains("sluice reload") == true)
    }

    @Test("OPS-2 a gateway that is not attached, or not in the kernel, is down, exit code 2")
    func down() {
        #expect(Fixture.status(attached: [false, false]).health.level == .down)
        #expect(Fixture.status(attached: [false, false], present: false).health.level == .down)
        #expect(HealthRules.unreadable(.noGateway(name: "edge-1", known: [])).level == .down)
        #expect(GatewayHealth.Level.down.exitCode == 2)
    }

    /// A minute without problems: 1000 packets pass, 5 are dropped, 20 sessions begin and 10 end.
    private static func minute(
        seconds: Double = 60, passed: UInt64 = 1000, drops: [DropReason: UInt64] = [.noSession: 5], begun: UInt64 = 20,
        ends: [String: UInt64] = ["fin": 10], failed: UInt64 = 0, before: Int = 30, frames: UInt64 = 1100,
        shortestIdle: Double? = 240
    ) -> GatewayStatus {
        var counters = [UInt64](repeating: 7, count: Int(SLUICE_MAX_COUNTERS))
        let start = TrafficSample(
            nanoseconds: 5_000_000_000, counters: counters, resetsSent: 3, resetsFailed: 3, ends: ["fin": 4],
            sessions: before, receivedFrames: 11)
        for (reason, count) in drops { counters[Int(reason.rawValue)] += count }
        counters[Int(Counter.forwardedToDestinationPackets.rawValue)] += passed
        counters[Int(Counter.begunNorthSouthTCP.rawValue)] += begun
        let end = TrafficSample(
            nanoseconds: 5_000_000_000 + UInt64(seconds * 1e9), counters: counters, resetsSent: 13,
            resetsFailed: 3 + failed, ends: ends.merging(["fin": 4], uniquingKeysWith: +),
            receivedFrames: 11 + frames)
        var status = Fixture.status()
        status.recent = RecentTraffic(from: start, to: end, shortestIdleSeconds: shortestIdle)
        status.health = HealthRules.assess(status)
        return status
    }

    @Test("PKG-3 an instance has no process for a moment while it is renewed, and the gateway stays healthy")
    func renewal() {
        var status = Fixture.status(instances: [Fixture.instance(running: false)])
        #expect(HealthRules.assess(status).level == .degraded)
        status.fleet.renewal = RenewalStatus(RenewalView(remaining: [1], current: 1))
        #expect(HealthRules.assess(status).level == .healthy)
        status.fleet.renewal = RenewalStatus(RenewalView(remaining: [1, 2], current: 2))
        #expect(HealthRules.assess(status).level == .degraded)
    }

    @Test(
        "OPS-2 health includes packets: if they are dropped, a gateway is not healthy, even if all its parts work")
    func traffic() {
        func expect(
            _ status: GatewayStatus, _ level: GatewayHealth.Level, _ text: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            let health = status.health
            #expect(health.level == level, "\(health)", sourceLocation: sourceLocation)
            #expect(health.findings.count == 1, "\(health)", sourceLocation: sourceLocation)
            #expect(health.findings.first?.reason.contains(text) == true, "\(health)", sourceLocation: sourceLocation)
            #expect(health.findings.first?.remedy.isEmpty == false, sourceLocation: sourceLocation)
        }
        // Everything is dropped.
        expect(
            Self.minute(passed: 0, drops: [.denied: 160, .noSession: 5], begun: 0), .degraded,
            "165 were dropped (160 denied")
        expect(
            Self.minute(passed: 0, drops: [.wrongZone: 160], begun: 0), .down,
            "none of the packets of the last 60 s passed")
        expect(Self.minute(passed: 0, drops: [.capacity: 160], begun: 0), .down, "160 capacity")
        expect(Self.minute(passed: 0, drops: [:], begun: 0, frames: 5000), .degraded, "saw none of them")
        // Old sessions continue, and no new one begins.
        expect(Self.minute(drops: [.capacity: 200], begun: 3), .degraded, "200 packets were dropped as capacity")
        expect(Self.minute(drops: [.wrongZone: 200], begun: 0), .degraded, "wrongZone")
        // RSTs can't be sent.
        expect(Self.minute(failed: 1), .degraded, "1 RSTs of the last 60 s could not be sent")
        expect(Self.minute(ends: ["idleReset": 40]), .degraded, "clocks differ")
        expect(Self.minute(ends: ["probeFailed": 30, "fin": 10]), .degraded, "did not answer a probe")
    }

    @Test("OPS-2 normal conditions leave a gateway healthy")
    func goodDays() {
        for status in [
            Self.minute(), Self.minute(passed: 0, drops: [:], begun: 0, ends: [:], frames: 0),
            // A scan, and no other traffic.
            Self.minute(passed: 0, drops: [.denied: 99], begun: 0), Self.minute(drops: [.denied: 100_000]),
            // A flood that does not fill the table, and an occasional forged source.
            Self.minute(drops: [.capacity: 160], begun: 500), Self.minute(drops: [.wrongZone: 99], begun: 0),
            // Only ARP.
            Self.minute(passed: 0, drops: [:], begun: 0, frames: 999),
            // As many idle sessions as before; and the same with a scaled clock.
            Self.minute(ends: ["idleReset": 30]), Self.minute(ends: ["idleReset": 4000], shortestIdle: 3),
            Self.minute(ends: ["probeFailed": 10, "fin": 10]),
        ] {
            #expect(status.health.level == .healthy, "\(status.health.findings)")
        }
    }

    @Test("a value just below its limit gives no finding")
    func belowLimits() {
        #expect(Fixture.status(count: 899).health.level == .healthy)
        #expect(Fixture.status(halfOpen: 499).health.level == .healthy)
        #expect(Fixture.status(instances: [Fixture.instance(heartbeatAge: 5)]).health.level == .healthy)
    }

    @Test("OPS-1 status names every drop reason, and only those")
    func dropReasons() {
        #expect(Set(Fixture.status().drops.keys) == Set(DropReason.allCases.map(\.name)))
        #expect(Fixture.status().drops["noSession"] == 1234)
        let sums = [CounterNames.forwardedPackets, CounterNames.forwardedBytes, CounterNames.sessionsBegun]
        #expect(Set(Fixture.status().counters.keys) == Set(Counter.allCases.map(\.name) + sums))
        #expect(Fixture.status().counters["sessionsBegun"] == 1000)
    }

    @Test("the census counts each live session once in its state, class and owner")
    func census() {
        let table = Fixture.table
        let census = SessionCensus(table.memory)
        #expect(census.count == 5)
        #expect(
            census.byState == [
                "synSent": 1, "synReceived": 0, "established": 3, "closing": 0, "closed": 0, "resetting": 1,
            ])
        #expect(census.byClass == ["eastWest": 1, "northSouth": 4])
        #expect(census.byInstance == [1: 1, 2: 2, 4: 2])
    }

    @Test("the chosen gateway is the named one, the one of this network namespace, or the only one")
    func resolving() throws {
        #expect(try GatewayDirectory.resolve("b", known: ["a", "b"], here: []) == "b")
        #expect(try GatewayDirectory.resolve(nil, known: ["a"], here: []) == "a")
        #expect(try GatewayDirectory.resolve(nil, known: ["a", "b"], here: ["b"]) == "b")
        #expect(throws: InspectionError.self) { try GatewayDirectory.resolve(nil, known: ["a", "b"], here: []) }
        #expect(throws: InspectionError.self) { try GatewayDirectory.resolve(nil, known: [], here: []) }
        #expect(throws: InspectionError.self) { try GatewayDirectory.resolve("c", known: ["a"], here: ["a"]) }
    }
}
