import Fleet
import Forecast
import Testing

@Suite("Changes of a forecast")
struct ChangeTests {
    /// Independent of `best`: every candidate is forecast, and none that was left out saves more.
    @Test("CAST-1 the changes that are shown are the best three of all candidates", arguments: 0..<6)
    func best(number: Int) {
        var settings = ForecastSettings()
        switch number {
        case 0: settings.keepAlive = .off
        case 1: settings.keepAlive = .tcp(idle: 7_200, interval: 75, count: 9)
        case 2: settings.drain = .azure2025
        case 3: settings.retry = .none
        case 4:
            settings.instances = CapacityRange(minimum: 3, maximum: 3)
            settings.redo = 0
        default: settings.gaps = .exponential(mean: 600)
        }
        let before = ClosedForecast(settings)
        var saved: [(title: String, minutes: Double)] = []
        for candidate in ForecastChange.candidates(for: settings) {
            #expect(candidate.settings != settings, "\(candidate.title) changes nothing")
            saved.append((candidate.title, before.minutesLost - ClosedForecast(candidate.settings).minutesLost))
        }
        let best = ForecastChange.best(3, for: settings)
        // With the redo of case 4, only what is lost without a RST costs time, and so only two changes help.
        #expect(best.count == (number == 4 ? 2 : 3))
        let worst = best.map(\.minutes).min() ?? 0
        for gain in best {
            let own = saved.first { $0.title == gain.change.title }?.minutes ?? -1
            #expect(abs(own - gain.minutes) < 1e-9)
        }
        for (title, minutes) in saved where !best.contains(where: { $0.change.title == title }) {
            #expect(minutes <= worst + 1e-9, "\(title) saves \(minutes), more than \(worst)")
        }
    }

    @Test("CAST-1 what is done already is not proposed")
    func done() {
        var settings = ForecastSettings()
        settings.instances = CapacityRange(minimum: 4, maximum: 4)
        settings.steering = .sluice
        settings.continuity = .preserve
        settings.redo = 0
        settings.loss = 0
        let titles = ForecastChange.candidates(for: settings).map(\.title)
        #expect(titles.isEmpty, "\(titles)")
        #expect(ForecastChange.best(3, for: settings).isEmpty)
    }

    @Test("CAST-1 idle sessions without keep-alive: the first advice is a keep-alive, and it removes the idle timeouts")
    func keepAlive() throws {
        var settings = ForecastSettings()
        settings.instances = CapacityRange(minimum: 2, maximum: 2)
        settings.keepAlive = .off
        settings.redo = 60
        let advised = ForecastChange.best(3, for: settings).map(\.change.title)
        #expect(advised.contains("keep-alive 30/10/3"), "\(advised)")
        let change = try #require(
            ForecastChange.candidates(for: settings).first { $0.title == "keep-alive 30/10/3" })
        #expect((ClosedForecast(settings).disruptions[.idle] ?? 0) > 1_000)
        #expect((ClosedForecast(change.settings).disruptions[.idle] ?? 1) < 0.001)
    }

    @Test("CAST-1 a report has the rows of all causes, in order, and shares that add up to 1")
    func report() {
        var settings = ForecastSettings()
        settings.keepAlive = .off
        let report = ForecastReport(settings, months: 100, seed: 1, notes: ["a note"])
        #expect(report.causes.count == DisruptionCause.allCases.count)
        #expect(abs(report.causes.reduce(0) { $0 + $1.share } - 1) < 1e-9)
        #expect(report.causes.map(\.closedForm) == report.causes.map(\.closedForm).sorted(by: >))
        #expect(abs(report.causes.reduce(0) { $0 + $1.minutesLost } - report.minutesLost) < 1e-9)
        #expect(report.changes.count == 3 && report.warnings == ["a note"])
        for change in report.changes {
            let (closed, simulated) = (change.minutesLost, change.simulatedMinutesLost.mean)
            #expect(abs(closed - simulated) <= report.minutesLost * 0.1, "\(change.title): \(closed), \(simulated)")
        }
    }
}
