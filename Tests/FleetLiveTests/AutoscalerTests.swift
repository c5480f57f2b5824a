import Glibc
import Inspection
import Lab
import Testing

/// The autoscaler on measured load.
@Suite(.serialized) struct AutoscalerTests {
    @Test(
        "SCALE-1 SCALE-3 measured throughput above 60 % adds instances, below 20 % for the cool-down removes them, one at a time"
    )
    func throughput() async throws {
        // Sampled every 333 ms over 2 s; the cool-down is 2 s, a drain 3 s.
        let extra = "fleet: { minCapacity: 2, maxCapacity: 4, instance: { throughput: 1Mbps }, coolDown: 1m }"
        try await FleetLab.with(timeScale: 30, extra: extra) { fleet in
            let crowd = try await Crowd.begin(fleet, count: 200, every: 0.1)
            let out = try await fleet.waitFor("a scale-out", within: .seconds(15)) { $0.serving > 2 }
            #expect(out.serving <= 4)
            let measured = try await fleet.waitFor("a measurement") { $0.instances.contains { $0.bitsPerSecond > 0 } }
            #expect(measured.instances.contains { $0.cpu > 0 })
            crowd.client.perform("rest")
            let low = try await fleet.waitFor("the scale-ins", within: .seconds(40)) {
                $0.instances.count == 2 && $0.serving == 2
            }
            #expect(low.desired == 2)
            let events = try await fleet.run("event", "list", "--json").output
            #expect(events.contains("scaleOut") && events.contains("averageThroughput"))
            #expect(events.contains("scaleIn") && events.contains("leaves"))
        }
    }
}
