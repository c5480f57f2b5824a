import Fleet
import Forecast
import Simulation
import Testing

/// Values that are computed by hand, or from a document's table.
@Suite("Closed forms")
struct ClosedFormTests {
    private func near(
        _ value: Double, _ expected: Double, _ tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(abs(value - expected) <= tolerance, "\(value), not \(expected)", sourceLocation: sourceLocation)
    }

    @Test("CAST-1 a maintenance of 2 instances: (1 + 1/2)^2 - 1 = 1.25 disruptions, and 1 with Sluice's steering")
    func maintenance() {
        near(MaintenanceHits(instances: 2, steering: .any).mean, 1.25, 1e-12)
        // (1 + 1/5)^5 - 1, (1 + 1/10)^10 - 1; e - 1 for many.
        near(MaintenanceHits(instances: 5, steering: .any).mean, 1.488_32, 1e-9)
        near(MaintenanceHits(instances: 10, steering: .any).mean, 1.593_742_460_1, 1e-9)
        near(MaintenanceHits(instances: 1_000, steering: .any).mean, 1.718_28, 0.002)
        for count in [1, 2, 5, 50] {
            near(MaintenanceHits(instances: count, steering: .sluice).mean, 1, 1e-12)
        }
    }

    @Test("CAST-1 the old instance leaves first: (N-1)/N ((N/(N-1))^N - 1), and 1 + 1/N with Sluice's steering")
    func oldFirst() {
        for (count, expected) in [(2, 1.5), (3, 2.0 / 3 * (27.0 / 8 - 1)), (4, 0.75 * (256.0 / 81 - 1))] {
            var hits = MaintenanceHits(instances: count, steering: .any)
            hits.replacementFirst = false
            near(hits.mean, expected, 1e-12)
            hits.steering = .sluice
            near(hits.mean, 1 + 1 / Double(count), 1e-12)
        }
    }

    @Test("CAST-1 a session that notices a silent loss late misses the drains until then")
    func missedSteps() {
        // N = 2, one step missed: a session is hit at the first or at the second step, and never twice.
        var hits = MaintenanceHits(instances: 2, steering: .any)
        hits.missedSteps = 1
        near(hits.mean, 1, 1e-12)
        // N = 3: 1/3 at each step, and those of the first step come back before the third one: + 1/3 * 1/3.
        hits.instances = 3
        near(hits.mean, 1 + 1.0 / 9, 1e-12)
    }

    @Test(
        "CAST-1 sessions of a fixed length: a day, 8 hours and a week at a risk of 1/100, from the table of the document"
    )
    func fixedLengths() {
        let unplanned = ForecastSettings().failuresPerSecond
        let maintenance = 1 / MonthPlan.seconds
        let scaleIn = 1.0 / 5 / 86_400
        let table: [(hours: Double, unplanned: Double, maintenance: Double, scaleIn: Double)] = [
            (24, 0.033, 3.3, 20.8), (8, 0.011, 1.1, 7.5), (168, 0.23, 21.0, 80.5),
        ]
        for row in table {
            let life = SessionLife.fixed(row.hours * 3_600)
            func percent(_ hazard: Double) -> Double { (life.disrupted(hazard: hazard) ?? 0) * 100 }
            near(percent(unplanned), row.unplanned, row.unplanned < 0.1 ? 0.000_6 : 0.006)
            near(percent(unplanned + maintenance), row.maintenance, 0.06)
            near(percent(unplanned + maintenance + scaleIn), row.scaleIn, 0.06)
        }
        #expect(SessionLife.persistent.disrupted(hazard: 1) == nil)
        // h = 1/8 h, mean 8 h: 1/2. Two lengths: the mean of both.
        near(SessionLife.exponential(mean: 28_800).disrupted(hazard: 1 / 28_800) ?? 0, 0.5, 1e-12)
        near(
            SessionLife.sampled([86_400, 28_800]).disrupted(hazard: 1 / 86_400) ?? 0,
            1 - (0.367_879_441 + 0.716_531_311) / 2, 1e-8)
    }

    @Test("CAST-1 probes: idle 200 s at a loss of 1 %, every 75 s: 130 kills a month; every 10 s: five probes")
    func probes() {
        var kills = IdleKills(keepAlive: .tcp(idle: 200, interval: 75, count: 9), timeout: 240, loss: 0.01)
        #expect(kills.probes == [200])
        near(kills.rate(.endless) * MonthPlan.seconds, 130, 1)
        kills.keepAlive = .tcp(idle: 200, interval: 10, count: 9)
        #expect(kills.probes == [200, 210, 220, 230, 240])
        near(kills.allLost / 1e-10, 1, 1e-9)
        kills.keepAlive = .application(period: 60)
        #expect(kills.probes == [60, 120, 180, 240])
        // The end itself gives up after three.
        kills.keepAlive = .tcp(idle: 30, interval: 10, count: 3)
        #expect(kills.probes == [30, 40, 50] && kills.dies == 60)
        kills.keepAlive = .tcp(idle: 241, interval: 10, count: 3)
        #expect(kills.probes.isEmpty && kills.allLost == 1)
        // No keep-alive: every 240 s, if there is no traffic.
        kills.keepAlive = .off
        near(kills.rate(.endless), 1.0 / 240, 1e-12)
        // Gaps of 90 s on average: e^(-240/90) of them.
        near(kills.rate(.exponential(mean: 90)) * 90, 0.069_483, 1e-6)
        // Every fourth gap is longer.
        near(kills.rate(.sampled([10, 20, 30, 300])), 1.0 / 360, 1e-12)
    }

    @Test("CAST-1 the fleet over a day: harmonic numbers of the scale-ins, as in the table of the document")
    func path() {
        let table: [(range: ClosedRange<Int>, month: Double)] = [
            (2...2, 0), (5...5, 0), (2...4, 17.50), (2...10, 42.87), (10...20, 20.06),
        ]
        for row in table {
            let capacity = CapacityRange(minimum: row.range.lowerBound, maximum: row.range.upperBound)
            let path = FleetPath(.daily(capacity), capacity)
            near(path.hitsPerDay() * 30, row.month, 0.006)
            #expect(path.quietest.size == capacity.minimum)
            #expect(path.scaleIns.map(\.size) == row.range.dropFirst().reversed())
        }
        // The largest fleet that is possible, and levels that come too soon after one another for every scale-in.
        let capacity = CapacityRange(minimum: 2, maximum: 50)
        #expect(FleetPath(.daily(capacity), capacity).scaleIns.count == 48)
        let short = LoadCurve(levels: [
            .init(from: 0, share: 0.599), .init(from: 43_200, share: 0), .init(from: 44_400, share: 0.599),
        ])
        #expect(FleetPath(short, capacity).scaleIns.map(\.size) == [50, 49, 48])
        #expect(FleetPath(.constant, capacity).scaleIns.isEmpty)
        // 4 to 2 within 5 min: 1/4, and 1/3 of those that are back by then.
        let few = CapacityRange(minimum: 2, maximum: 4)
        near(FleetPath(.daily(few), few).hitsPerDay(backAfter: 60), 1.0 / 4 + 1.0 / 3, 1e-12)
        near(FleetPath(.daily(few), few).hitsPerDay(backAfter: 1_000), 1.0 / 4 + 3.0 / 4 / 3, 1e-12)
    }

    @Test("CAST-1 persistent sessions: unplanned, maintenance and scale-in as in the table of the document")
    func persistent() {
        let table: [(risk: Double, range: (Int, Int), expected: [Double])] = [
            (1.0 / 40, (2, 2), [0.025, 1.250, 0]), (1.0 / 100, (5, 5), [0.010, 1.488, 0]),
            (1.0 / 100, (2, 4), [0.010, 1.250, 17.50]), (1.0 / 100, (2, 10), [0.010, 1.250, 42.87]),
            (1.0 / 100, (10, 20), [0.010, 1.594, 20.06]),
        ]
        for row in table {
            var settings = ForecastSettings()
            settings.failure = row.risk
            settings.instances = CapacityRange(minimum: row.range.0, maximum: row.range.1)
            settings.load = .daily(settings.instances)
            let forecast = ClosedForecast(settings)
            for (cause, expected) in zip([DisruptionCause.unplanned, .maintenance, .scaleIn], row.expected) {
                near(forecast.disruptions[cause] ?? -1, expected, 0.006)
            }
        }
    }

    @Test(
        "CAST-1 outages: noticed at once by a RST, after 60 s by 30/10/3, after 924.6 s by a writer, never by a reader")
    func outages() {
        var settings = ForecastSettings()
        settings.redo = 300
        #expect(Outage(settings).notice(isSilent: false) == 0)
        #expect(Outage(settings).notice(isSilent: true) == 60)
        // The mean of a uniform wait, and half of a transaction.
        near(Outage(settings).mean(isSilent: false), 150, 1e-9)
        near(Outage(settings).mean(isSilent: true), 60 + 0.05 + 150, 1e-9)
        settings.keepAlive = .tcp(idle: 7_200, interval: 75, count: 9)
        #expect(Outage(settings).notice(isSilent: true) == 7_875)
        settings.keepAlive = .off
        near(Outage(settings).notice(isSilent: true) ?? 0, 90 + 924.6, 1e-9)
        settings.gaps = .endless
        #expect(Outage(settings).notice(isSilent: true) == nil)
        settings.retry = .none
        #expect(Outage(settings).reconnect(isSilent: false) == 900)
        // Full jitter, the cap before the jitter: (0.1 + 0.2 + 0.4 + 0.8 + 1.6 + 3.2 + 6.4 + 10 + 10) / 2.
        near(Outage.meanWait(attempts: 9), 16.35, 1e-9)
    }

    @Test("CAST-1 continuity: preserve leaves only idle timeouts, and no risk of failures means none")
    func nothing() {
        var settings = ForecastSettings()
        settings.continuity = .preserve
        let kept = ClosedForecast(settings)
        #expect(kept.total == kept.disruptions[.idle])
        settings.continuity = .disruptive
        settings.failure = 0
        settings.maintenances = 0
        settings.load = .constant
        settings.loss = 0
        #expect(ClosedForecast(settings).total == 0)
        #expect(ClosedForecast(settings).minutesLost == 0)
    }
}
