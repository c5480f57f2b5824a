import FlowCore
@testable import Inspection
import Testing

struct HealthTests {
    @Test("OPS-2 a gateway to which nothing is wrong is healthy, exit code 0")
    func healthy() {
        let status = Fixture.status()
        #expect(status.health == GatewayHealth(level: .healthy, findings: []))
        #expect(status.health.level.exitCode == 0)
    }

    @Test(
        "OPS-2 what limits the gateway makes it degraded, exit code 1, with a remedy each",
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

    @Test("OPS-2 a gateway that is attached nowhere, or not in the kernel, is down, exit code 2")
    func down() {
        #expect(Fixture.status(attached: [false, false]).health.level == .down)
        #expect(Fixture.status(attached: [false, false], present: false).health.level == .down)
        #expect(HealthRules.unreadable(.noGateway(name: "edge-1", known: [])).level == .down)
        #expect(GatewayHealth.Level.down.exitCode == 2)
    }

    @Test("just below its limit nothing is said")
    func belowLimits() {
        #expect(Fixture.status(count: 899).health.level == .healthy)
        #expect(Fixture.status(halfOpen: 499).health.level == .healthy)
        #expect(Fixture.status(instances: [Fixture.instance(heartbeatAge: 5)]).health.level == .healthy)
    }

    @Test("OPS-1 status names every drop reason, and only those")
    func dropReasons() {
        #expect(Set(Fixture.status().drops.keys) == Set(DropReason.allCases.map(\.name)))
        #expect(Fixture.status().drops["noSession"] == 1234)
        #expect(Set(Fixture.status().counters.keys) == Set(Counter.allCases.map(\.name)))
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

    @Test("the gateway that is meant: the named one, the one of this network namespace, or the only one")
    func resolving() throws {
        #expect(try GatewayDirectory.resolve("b", known: ["a", "b"], here: []) == "b")
        #expect(try GatewayDirectory.resolve(nil, known: ["a"], here: []) == "a")
        #expect(try GatewayDirectory.resolve(nil, known: ["a", "b"], here: ["b"]) == "b")
        #expect(throws: InspectionError.self) { try GatewayDirectory.resolve(nil, known: ["a", "b"], here: []) }
        #expect(throws: InspectionError.self) { try GatewayDirectory.resolve(nil, known: [], here: []) }
        #expect(throws: InspectionError.self) { try GatewayDirectory.resolve("c", known: ["a"], here: ["a"]) }
    }
}
