import Fleet
import Simulation
import Testing

/// Persistent sessions over many maintenances of the real machine.
@Suite("Persistent sessions")
struct PersistentSessionTests {
    private func months(
        instances: Int, steersToUpdatedFirst: Bool, continuity: Continuity = .disruptive
    ) -> (mean: Double, most: Int, fewest: Int) {
        let plan = MonthPlan(
            settings: MonthPlan.settings(
                capacity: CapacityRange(minimum: instances, maximum: instances), drain: .azure, continuity: continuity,
                steersToUpdatedFirst: steersToUpdatedFirst),
            load: [MonthPlan.LoadStep(at: 0, instances: 0.4 * Double(instances))], maintenances: [10 * 86_400],
            sessions: 20)
        var counts: [Int] = []
        for seed in 1...500 as ClosedRange<UInt64> {
            let report = FleetMonth(plan, seed: seed).run()
            #expect(report.maintenancesCompleted == 1)
            counts += report.maintenanceBySession
        }
        let mean = Double(counts.reduce(0, +)) / Double(counts.count)
        return (mean, counts.max() ?? 0, counts.min() ?? 0)
    }

    @Test(
        "MAINT-1 CAST-1 a maintenance disrupts a persistent session exactly once, with any number of instances",
        arguments: [2, 3, 5, 20])
    func updatedFirst(instances: Int) {
        let found = months(instances: instances, steersToUpdatedFirst: true)
        #expect(found.mean == 1 && found.most == 1 && found.fewest == 1, "\(found)")
    }

    @Test(
        "MAINT-1 CAST-1 steered to any instance, it is disrupted (1 + 1/N)^N - 1 times: 1.25 of 2",
        arguments: [(2, 1.25), (3, 1.370_37), (5, 1.488_32)])
    func anyInstance(instances: Int, expected: Double) {
        let found = months(instances: instances, steersToUpdatedFirst: false)
        #expect(abs(found.mean - expected) < 0.025, "\(found)")
        #expect(found.most > 1 && found.fewest == 1)
    }

    @Test("KEEP-1 with preserve it is not disrupted at all")
    func preserve() {
        let found = months(instances: 3, steersToUpdatedFirst: true, continuity: .preserve)
        #expect(found.most == 0)
    }

    @Test("SCALE-1 the month of a fleet scales in every day, and is the same for the same seed")
    func scaling() {
        let plan = MonthPlan(
            settings: MonthPlan.settings(
                capacity: CapacityRange(minimum: 2, maximum: 4), drain: .azure, continuity: .disruptive,
                steersToUpdatedFirst: true),
            load: [
                MonthPlan.LoadStep(at: 0, instances: 2.39), MonthPlan.LoadStep(at: 43_200, instances: 0.2),
            ], failuresPerSecond: 1e-7, leaving: .random, sessions: 10)
        let report = FleetMonth(plan, seed: 4).run()
        #expect(report.scaleIns == 60)
        #expect(report.disruptions(.scaleIn) > 0)
        #expect(FleetMonth(plan, seed: 4).run() == report)
        #expect(FleetMonth(plan, seed: 5).run() != report)
    }
}
