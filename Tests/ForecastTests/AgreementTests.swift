import Fleet
import Forecast
import Simulation
import Testing

/// The closed form against the simulation of the real machine (CAST-1): neither knows the other. Seeds are fixed.
@Suite("Closed form and simulation")
struct AgreementTests {
    /// A forecast, and how to name it in a failure.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var settings = ForecastSettings()

        init(
            _ name: String, _ minimum: Int, _ maximum: Int, failure: Double = 0.01,
            _ change: (inout ForecastSettings) -> Void = { _ in }
        ) {
            testDescription = name
            settings.instances = CapacityRange(minimum: minimum, maximum: maximum)
            settings.load = .daily(settings.instances)
            settings.failure = failure
            change(&settings)
        }
    }

    static let cases = [
        // The table of the document.
        Case("2..2, risk 1/40", 2, 2, failure: 1.0 / 40), Case("5..5", 5, 5), Case("2..4", 2, 4), Case("2..10", 2, 10),
        Case("10..20", 10, 20),
        // Edges.
        Case("N = 50, fixed", 50, 50), Case("no scale-in", 2, 10) { $0.load = .constant },
        Case("no failures", 2, 4, failure: 0), Case("no maintenance", 3, 3, failure: 0.3) { $0.maintenances = 0 },
        Case("weekly maintenance", 3, 3) { $0.maintenances = 4 },
        // Sluice's own steering.
        Case("Sluice 2..2", 2, 2) { $0.steering = .sluice }, Case("Sluice 10..10", 10, 10) { $0.steering = .sluice },
        Case("Sluice 2..4, no failures", 2, 4, failure: 0) { $0.steering = .sluice },
        Case("Sluice 2..10", 2, 10) { $0.steering = .sluice },
        Case("preserve", 2, 10) { $0.continuity = .preserve },
        // Applications.
        Case("sessions of 8 hours", 2, 4) { $0.session = .exponential(mean: 28_800) },
        Case("sessions of 20 hours", 2, 4) { $0.session = .fixed(72_000) },
        Case("sampled sessions", 2, 4) { $0.session = .sampled([701, 4_111, 33_343]) },
        Case("no keep-alive", 5, 5) { $0.keepAlive = .off },
        Case("sessions of a second", 5, 5) { $0.session = .exponential(mean: 1) },
        Case("no keep-alive, sampled gaps", 5, 5) {
            $0.keepAlive = .off
            $0.gaps = .sampled([5, 10, 60, 239, 240, 241, 600])
        },
        Case("slow probes", 5, 5) {
            $0.keepAlive = .tcp(idle: 200, interval: 75, count: 9)
            $0.loss = 0.01
            $0.gaps = .endless
        },
        Case("many losses", 5, 5) {
            $0.keepAlive = .tcp(idle: 30, interval: 10, count: 3)
            $0.loss = 0.3
        },
        Case("many losses, sampled gaps", 5, 5) {
            $0.keepAlive = .application(period: 60)
            $0.loss = 0.3
            $0.gaps = .sampled([30, 250, 700, 5_000])
        },
        Case("silent expiry that is noticed after hours", 5, 5) {
            $0.keepAlive = .tcp(idle: 7_200, interval: 75, count: 9)
            $0.idleTimeout = 300
            $0.resetsIdle = false
        },
        Case("drain without resets", 3, 3) { $0.drain = .azure2025 },
        Case("drain without resets, scaling", 2, 4) { $0.drain = .azure2025 },
        Case("losses that are noticed late", 2, 10) {
            $0.drain = .azure2025
            $0.keepAlive = .off
        },
    ]

    @Test("CAST-1 closed form and simulation agree within three standard errors", arguments: cases)
    func agree(_ tested: Case) {
        let closed = ClosedForecast(tested.settings)
        let simulated = SimulatedForecast(tested.settings, months: 5_000, seed: 7)
        for cause in DisruptionCause.allCases {
            let (expected, found) = (closed.disruptions[cause] ?? -1, simulated.disruptions[cause])
            guard let found else {
                Issue.record("no estimate for \(cause)")
                continue
            }
            #expect(
                abs(found.mean - expected) <= 3 * found.standardError + 1e-4,
                "\(cause): \(expected) by the formula, \(found.mean) +- \(found.standardError) simulated")
        }
        let (total, minutes) = (simulated.total, simulated.minutesLost)
        #expect(abs(total.mean - closed.total) <= 3 * total.standardError + 1e-4)
        #expect(
            abs(minutes.mean - closed.minutesLost) <= 3 * minutes.standardError + closed.minutesLost * 0.01 + 1e-3,
            "\(closed.minutesLost) minutes by the formula, \(minutes.mean) +- \(minutes.standardError) simulated")
        #expect(simulated.sessionMonths >= 5_000)
    }

    @Test(
        "CAST-1 a session that is gone can't expire: silent expiries take no more than the month",
        arguments: [300.0, 30])
    func absence(idleTimeout: Double) {
        var settings = Self.cases[1].settings
        settings.keepAlive = .tcp(idle: 7_200, interval: 75, count: 9)
        settings.idleTimeout = idleTimeout
        settings.resetsIdle = false
        settings.redo = 0
        for minutes in [
            ClosedForecast(settings).minutesLost(.idle),
            SimulatedForecast(settings, months: 100, seed: 5).minutesLost.mean,
        ] {
            #expect(minutes > 10_000 && minutes < 43_200, "\(minutes) of the 43,200 minutes of a month")
        }
    }

    @Test("CAST-1 the same seed gives the same forecast, another one another")
    func seeds() {
        let settings = Self.cases[2].settings
        let one = SimulatedForecast(settings, months: 500, seed: 1)
        #expect(SimulatedForecast(settings, months: 500, seed: 1).total == one.total)
        #expect(SimulatedForecast(settings, months: 500, seed: 2).total != one.total)
    }

    @Test("CAST-1 the share of sessions that are disrupted agrees where hits are independent")
    func disruptedSessions() throws {
        var settings = Self.cases[2].settings
        settings.session = .exponential(mean: 28_800)
        let closed = try #require(ClosedForecast(settings).disruptedSessions)
        let simulated = try #require(SimulatedForecast(settings, months: 10_000, seed: 3).disruptedSessions)
        #expect(abs(closed - simulated) < closed * 0.05, "\(closed), \(simulated)")
    }

    @Test("CAST-1 Sluice's choice of the leaving instance, with sessions of 8 hours: within 3 %")
    func fewestLongLived() {
        // The formula assumes so many sessions that their numbers on equal instances do not differ by chance. The
        // simulation has 200, so the instance that leaves has a few less than the others.
        var settings = Self.cases[2].settings
        settings.steering = .sluice
        settings.session = .exponential(mean: 28_800)
        let closed = ClosedForecast(settings).disruptions[.scaleIn] ?? 0
        let simulated = SimulatedForecast(settings, months: 5_000, seed: 7).disruptions[.scaleIn]?.mean ?? 0
        #expect(closed > 13 && abs(simulated / closed - 1) < 0.03, "\(closed), \(simulated)")
    }

    @Test("MAINT-1 with the old instance first, the real machine hits a session as often as the formula says")
    func oldFirst() {
        for steering in [FleetSteering.any, .sluice] {
            var hits = MaintenanceHits(instances: 4, steering: steering)
            hits.replacementFirst = false
            var plan = SimulatedForecast.plan(Self.cases[6].settings, sessions: 1_000, idlePerSecond: 0)
            plan.settings = MonthPlan.settings(
                capacity: CapacityRange(minimum: 2, maximum: 8), drain: .azure, continuity: .disruptive,
                steersToUpdatedFirst: steering == .sluice, replacementFirst: false)
            plan.failuresPerSecond = 0
            // Fully uses 2 of 2 instances: 4 share it.
            plan.load = [MonthPlan.LoadStep(at: 0, instances: 2)]
            let values = (1...20 as ClosedRange<UInt64>).map { seed in
                Double(FleetMonth(plan, seed: seed).run().disruptions(.maintenance)) / 1_000
            }
            let found = Estimate(of: values)
            #expect(
                abs(found.mean - hits.mean) <= 3 * found.standardError, "\(steering): \(hits.mean), \(found)")
        }
    }

    @Test("CAST-1 the mean of waits with full jitter is half of the sum of capped delays")
    func jitter() {
        var random = SeededRandom(seed: 1)
        let sums = (0..<20_000).map { _ in
            (0..<9).reduce(0.0) { $0 + random.share() * min(10, 0.1 * Double(1 << $1)) }
        }
        let found = Estimate(of: sums)
        #expect(abs(found.mean - Outage.meanWait(attempts: 9)) <= 3 * found.standardError)
    }
}
