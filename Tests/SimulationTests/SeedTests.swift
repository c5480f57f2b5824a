import Foundation
import Simulation
import Testing

@Suite("Simulation")
struct SeedTests {
    /// How long new seeds are tried: SLUICE_SIMULATION_SECONDS, or 10.
    private static let budgetSeconds =
        ProcessInfo.processInfo.environment["SLUICE_SIMULATION_SECONDS"].flatMap(Double.init) ?? 10

    private static let seed = ProcessInfo.processInfo.environment["SLUICE_SEED"].flatMap(UInt64.init)

    @Test("DRAIN-1 DRAIN-2 SCALE-2 MAINT-1 RECOV-1 RECOV-3 KEEP-1 BAD-8 new seeds: no checker finds a violation")
    func freshSeeds() {
        if let seed = Self.seed { return check(seed) }
        let end = Date(timeIntervalSinceNow: Self.budgetSeconds)
        var total = SimulationReport.Counts()
        var runs = 0
        repeat {
            let seed = UInt64.random(in: 0...UInt64.max)
            let report = Simulation(scenario: Scenario(seed: seed)).run()
            total += report.counts
            runs += 1
            if report.violation != nil { return check(seed) }
        } while Date() < end
        print("simulation: \(runs) seeds, \(total.text)")
        #expect(total.sessions > 0 && total.handshakes > runs && total.occurrences > runs)
        #expect(runs < 20 || (total.pauses > 0 && total.upgrades > 0 && total.renewals > 0))
    }

    @Test("RECOV-3 the same seed gives the same run, to the last line of its trace", arguments: [1, 2, 3] as [UInt64])
    func deterministic(seed: UInt64) {
        let one = Simulation(scenario: Scenario(seed: seed), isTracing: true).run()
        let other = Simulation(scenario: Scenario(seed: seed), isTracing: true).run()
        #expect(one.trace == other.trace)
        #expect(one.counts == other.counts)
        #expect(!one.trace.isEmpty)
    }

    @Test(
        "DRAIN-2 RECOV-1 RECOV-3 SCALE-2 seeds that once found a bug: wrong order, a lost failure, one instance too many",
        arguments: [
            21, 320, 423, 17_081_361_921_681_322_247, 17_508_429_927_450_304_739, 16_041_086_630_524_455_508,
            2_753_532_157_624_237_118,
            7_837_890_723_330_666_466, 16_843_437_532_946_970_463, 10_810_639_351_417_153_431,
        ]
            as [UInt64])
    func keptSeeds(seed: UInt64) { check(seed, without: [.pause, .upgrade]) }

    @Test(
        "RECOV-1 seeds with pauses that once found a bug: short or unobserved pauses, with a stall",
        arguments: [7_637_891_493_156_804_288, 8_335_064_864_898_220_991, 4_666_730_332_314_647_792] as [UInt64])
    func keptSeedsWithPauses(seed: UInt64) { check(seed, without: [.upgrade]) }

    @Test(
        "PKG-3 seeds with upgrades that once found something: a controller killed between its snapshot and its events",
        arguments: [10_613_413_497_409_435_886] as [UInt64])
    func keptSeedsWithUpgrades(seed: UInt64) { check(seed) }

    @Test(
        "PKG-3 controllers of newer and older versions take over repeatedly: no instance is lost, no session ends",
        arguments: 0..<60 as Range<UInt64>)
    func upgrades(seed: UInt64) {
        var scenario = Scenario(seed: seed)
        scenario.faults = [.upgrade]
        (scenario.failingStarts, scenario.lostSnapshots) = (0, 0)
        let report = Simulation(scenario: scenario, isTracing: true).run()
        #expect(report.violation == nil, "\(report.trace.suffix(40).joined(separator: "\n"))")
        #expect(report.counts.upgrades > 0)
        #expect(report.counts.failures == 0 && report.counts.discarded == 0 && report.counts.moved == 0)
    }

    @Test(
        "RECOV-1 the whole machine pauses repeatedly: no instance is lost because of it",
        arguments: 0..<40 as Range<UInt64>)
    func pauses(seed: UInt64) {
        var scenario = Scenario(seed: seed)
        scenario.faults = [.pause]
        let report = Simulation(scenario: scenario).run()
        #expect(report.violation == nil)
        #expect(report.counts.pauses > 0)
        #expect(report.counts.failures == 0)
    }

    private func check(_ seed: UInt64, without faults: Set<Scenario.Fault> = []) {
        var scenario = Scenario(seed: seed)
        scenario.faults.removeAll { faults.contains($0) }
        let report = Simulation(scenario: scenario, isTracing: true).run()
        guard let violation = report.violation else { return }
        Issue.record(
            """
            \(violation)
            \(scenario.text)
            the last of its trace:
            \(report.trace.suffix(40).joined(separator: "\n"))
            all of it: sluice simulate --seed \(seed); again in the tests: SLUICE_SEED=\(seed) ./test --filter SimulationTests
            """)
    }
}
