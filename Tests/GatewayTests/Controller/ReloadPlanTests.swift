import Policy
import Testing

@testable import Gateway

@Suite struct ReloadPlanTests {
    func configuration(
        gateway: String = "edge", sessions: Int = 1024,
        zones: String = "{ name: a, interfaces: [eth1] }, { name: b, interfaces: [eth2] }",
        more: String = ""
    ) throws -> Configuration {
        try Configuration.parse(
            """
            gateway: \(gateway)
            capacity: { sessions: \(sessions) }
            zones: [\(zones)]
            \(more)
            """, file: "sluice.yaml")
    }

    @Test("OPS-3 a reload that changes nothing about interfaces touches none")
    func nothing() throws {
        let plan = try ReloadPlan(from: try configuration(), to: try configuration(more: "northSouthIdleTimeout: 10m"))
        #expect(plan.attach.isEmpty && plan.detach.isEmpty && plan.rezone.isEmpty)
    }

    @Test("OPS-3 interfaces come, go, and change their zone")
    func interfaces() throws {
        let new = try configuration(zones: "{ name: a, interfaces: [eth2] }, { name: c, interfaces: [eth3] }")
        let plan = try ReloadPlan(from: try configuration(), to: new)
        #expect(plan.attach == ["eth3": "c"])
        #expect(plan.detach == ["eth1"])
        #expect(plan.rezone == ["eth2": "a"])
        #expect(
            RunningGateway.summary(plan, rules: 3, ended: 2)
                == "3 rules in force; attached: eth3; detached: eth1; other zone: eth2; 2 sessions ended that the rules deny now"
        )
    }

    @Test("OPS-3 what can't change while the gateway runs is refused, with the key and what to do")
    func refused() throws {
        let old = try configuration()
        let name = #expect(throws: GatewayError.self) {
            try ReloadPlan(from: old, to: try configuration(gateway: "other"))
        }
        #expect(name?.description.hasPrefix("gateway: can't change from 'edge' to 'other'") == true)
        let capacity = #expect(throws: GatewayError.self) {
            try ReloadPlan(from: old, to: try configuration(sessions: 2048))
        }
        #expect(capacity?.description.contains("capacity.sessions: can't change from 1024 to 2048") == true)
        #expect(capacity?.description.contains("stop it") == true)
    }
}
