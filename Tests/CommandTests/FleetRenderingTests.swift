import Fleet
import FoundationEssentials
import Inspection
import Testing

@testable import sluice

@Suite("The fleet as text and JSON")
struct FleetRenderingTests {
    /// One instance serves, one drains, one is starting.
    private var fleet: FleetStatus {
        FleetStatus(
            gateway: "edge-1", minCapacity: 2, maxCapacity: 20, desired: 2,
            instances: [
                InstanceStatus(
                    identifier: 1, state: "drainingReset", stateSeconds: 3.25, cause: "operator",
                    processIdentifier: 200, running: true, heartbeatAgeSeconds: 0.25, sessions: 12, cpu: 0.125,
                    bitsPerSecond: 1_234_567,
                    drain: .init(
                        sinceSeconds: 48.25, resetInSeconds: 0, deadlineInSeconds: 41.75, sessionsLeft: 12,
                        tombstones: 3400)),
                InstanceStatus(
                    identifier: 2, state: "serving", stateSeconds: 3725, cause: "capacity", processIdentifier: 201,
                    running: true, heartbeatAgeSeconds: 0.1, sessions: 120_000, cpu: 1.5,
                    bitsPerSecond: 1_500_000_000, binary: "/opt/sluice"),
                InstanceStatus(
                    identifier: 3, state: "starting", stateSeconds: 0.05, cause: "maintenance 4", processIdentifier: 0,
                    running: false, heartbeatAgeSeconds: 0, sessions: 0, cpu: 0, bitsPerSecond: 0),
            ],
            maintenance: MaintenanceStatus(
                MaintenanceView(
                    number: 4, phase: .rolling, isPaused: true, waitsForWindow: false, binary: "/opt/sluice",
                    previousBinary: nil, remaining: [2], updated: [], text: "instance 3 starts, to replace instance 2"))
        )
    }

    @Test("OPS-2 DRAIN-3 instance list shows state, load, the sessions left in a drain, and its end")
    func list() {
        #expect(
            FleetRendering.screen(fleet) == """
                1 of 2 instances serve, 1 drainingReset, 1 starting, capacity 2 to 20

                INSTANCE  STATE            FOR  PROCESS  SESSIONS      CPU  THROUGHPUT  CAUSE          DRAIN
                       1  drainingReset   3.2s      200        12   12.5 %    1.2 Mbps  operator       12 left, 3,400 reset, gone in 41.7s at the latest
                       2  serving        1h02m      201   120,000  150.0 %    1.5 Gbps  capacity
                       3  starting        0.0s     gone         0    0.0 %       0 bps  maintenance 4

                maintenance 4: rolling, paused: instance 3 starts, to replace instance 2
                binary          /opt/sluice
                replaced        none
                to be replaced  2

                """)
        #expect(FleetRendering.maintenance(nil) == "maintenance: none yet\n")
    }

    @Test("PKG-3 instance list and status say which instances are still to be renewed, and what the renewal waits for")
    func renewal() {
        var status = fleet
        status.maintenance = nil
        status.renewal = RenewalStatus(RenewalView(remaining: [2], waitsFor: "instance 1, which is drainingReset"))
        #expect(
            FleetRendering.summary(status)
                == "1 of 2 instances serve, 1 drainingReset, 1 starting, 1 to be renewed, capacity 2 to 20")
        #expect(
            FleetRendering.screen(status).hasSuffix(
                """

                renewal: waits for instance 1, which is drainingReset
                to be renewed  2

                """))
        let current = RenewalStatus(RenewalView(remaining: [2, 3], current: 2))
        #expect(current.text == "instance 2 gets a process of this version, and keeps its sessions")
        let stopped = RenewalStatus(RenewalView(remaining: [3], problem: "instance 2 did not serve"))
        #expect(stopped.text == "instance 2 did not serve")
    }

    @Test("OPS-2 the JSON has every key")
    func json() throws {
        let text = try JSONText.of(fleet)
        for key in [
            "minCapacity", "maxCapacity", "desired", "serving", "identifier", "state", "stateSeconds", "cause",
            "processIdentifier", "running", "heartbeatAgeSeconds", "sessions", "cpu", "bitsPerSecond", "binary",
            "drain",
            "sinceSeconds", "resetInSeconds", "deadlineInSeconds", "sessionsLeft", "tombstones", "maintenance", "phase",
            "paused", "waitsForWindow", "remaining", "updated", "text", "number",
        ] {
            #expect(text.contains("\"\(key)\" :"), "\(key)")
        }
        #expect(try JSONDecoder().decode(FleetStatus.self, from: Data(text.utf8)) == fleet)
    }

    @Test("OPS-2 a fleet under its minimum is degraded")
    func health() {
        var status = Fixture.status()
        #expect(status.health.level == .healthy)
        status.fleet = FleetStatus(
            gateway: "edge-1", minCapacity: 2, maxCapacity: 20, desired: 2,
            instances: Array(Fixture.fleet().instances.prefix(1)))
        let health = HealthRules.assess(status)
        #expect(health.level == .degraded)
        #expect(health.findings.map(\.reason) == ["1 instances serve, and at least 2 should"])
    }
}
