import Fleet
package import Simulation

/// The simulation: the real ``FleetMachine`` with sessions through it (``FleetMonth``), and single sessions with their
/// probes (``IdleSession``). Values are means a month, of one connection.
package struct SimulatedForecast: Sendable {
    package private(set) var disruptions: [DisruptionCause: Estimate] = [:]
    package private(set) var total = Estimate(mean: 0, standardError: 0)
    package private(set) var minutesLost = Estimate(mean: 0, standardError: 0)
    /// The share of sessions that were disrupted before they ended; nil for persistent ones.
    package private(set) var disruptedSessions: Double?
    /// How many months of a fleet were simulated, and of sessions: several sessions cross each fleet.
    package let fleetMonths: Int
    package let sessionMonths: Int
    /// How often the machine was called.
    package private(set) var calls = 0

    private let settings: ForecastSettings

    /// - Parameters:
    ///   - months: how many months of a session are simulated, at least.
    ///   - seed: the same one gives the same result.
    package init(_ settings: ForecastSettings, months: Int, seed: UInt64) {
        self.settings = settings
        let split = MonthSplit(settings, months: months)
        fleetMonths = split.fleets
        sessionMonths = split.fleets * split.sessions
        let idle = SimulatedForecast.idle(settings, seed: seed)
        let plan = SimulatedForecast.plan(settings, sessions: split.sessions, idlePerSecond: idle.mean)
        disruptions[.idle] = idle * MonthPlan.seconds
        simulate(plan, seed: seed)
    }

    /// Steps of the simulation of idle sessions.
    private static let idleSteps = 10_000_000

    private static func idle(_ settings: ForecastSettings, seed: UInt64) -> Estimate {
        let outcome = IdleSession(
            gaps: settings.gaps, timeout: settings.idleTimeout, probing: settings.keepAlive.probing,
            loss: settings.loss, absence: Outage(settings).absence(isSilent: !settings.resetsIdle), seed: seed
        ).run(steps: idleSteps)
        let seconds = outcome.seconds.reduce(0, +)
        let kills = outcome.kills.reduce(0, +)
        guard seconds > 0 else { return Estimate(mean: 0, standardError: 0) }
        let spread = Estimate(of: zip(outcome.kills, outcome.seconds).map { $1 > 0 ? Double($0) / $1 : 0 })
        // Where nothing was seen, one kill could have been.
        let least =
            settings.loss > 0 || settings.keepAlive == .off
            ? Mathematics.squareRoot(Double(max(kills, 1))) / seconds : 0
        return Estimate(mean: Double(kills) / seconds, standardError: max(spread.standardError, least))
    }

    /// The month of a fleet.
    package static func plan(_ settings: ForecastSettings, sessions: Int, idlePerSecond: Double) -> MonthPlan {
        let path = FleetPath(settings.load, settings.instances)
        let isSluice = settings.steering == .sluice
        let between = Double(MonthPlan.days) / Double(max(settings.maintenances, 1))
        let maintenances = (0..<settings.maintenances).map { number in
            ((Double(number) + 0.5) * between).rounded(.down) * MonthPlan.daySeconds + path.quietest.at
        }
        return MonthPlan(
            settings: MonthPlan.settings(
                capacity: settings.instances, drain: settings.drain, continuity: settings.continuity,
                steersToUpdatedFirst: isSluice),
            load: settings.load.steps(settings.instances), maintenances: maintenances,
            failuresPerSecond: settings.failuresPerSecond, leaving: isSluice ? .fewestLongLived : .random,
            sessions: sessions, life: settings.session, otherEndsPerSecond: idlePerSecond,
            noticeSeconds: Outage(settings).notice(isSilent: true) ?? Outage.neverSeconds)
    }

    private mutating func simulate(_ plan: MonthPlan, seed: UInt64) {
        let outage = Outage(settings)
        let sessions = Double(plan.sessions)
        var seeds = SeededRandom(seed: seed ^ 0xF0CA_5700_0000_0001)
        var values: [MonthReport.Cause: [Double]] = [:]
        var totals: [Double] = []
        var minutes: [Double] = []
        var (disrupted, ended) = (0, 0)
        for _ in 0..<fleetMonths {
            let report = FleetMonth(plan, seed: seeds.next()).run()
            calls += report.calls
            var (total, seconds) = (0, 0.0)
            for cause in MonthReport.Cause.allCases {
                let (resets, silent) = (report.resets[cause.rawValue], report.silent[cause.rawValue])
                values[cause, default: []].append(Double(resets + silent) / sessions)
                total += resets + silent
                seconds += outage.drawn(resets, isSilent: false, using: &seeds)
                seconds += outage.drawn(silent, isSilent: true, using: &seeds)
            }
            totals.append(Double(total) / sessions)
            minutes.append(seconds / 60 / sessions)
            disrupted += total
            ended += report.naturalEnds
        }
        for cause in DisruptionCause.allCases {
            guard let fleet = cause.fleet else { continue }
            disruptions[cause] = Estimate(of: values[fleet] ?? [])
        }
        // A failure hits the sessions of one instance together, and there are few. So a sample may have too many or too few of
        // them, and then says too little about its own error.
        if settings.failure > 0, settings.continuity == .disruptive, var unplanned = disruptions[.unplanned] {
            let failures = settings.failuresPerSecond * MonthPlan.seconds
            let least = Mathematics.squareRoot(failures / Double(fleetMonths * settings.instances.minimum))
            unplanned.standardError = max(unplanned.standardError, least)
            disruptions[.unplanned] = unplanned
            let perDay = FleetPath(settings.load, settings.instances).hitsPerDay()
            if perDay > 0, var scaleIn = disruptions[.scaleIn] {
                // A session that a failure has moved is hit by the scale-in of that day.
                scaleIn.standardError = max(scaleIn.standardError, least * perDay)
                disruptions[.scaleIn] = scaleIn
            }
        }
        // Where no kill was seen, its possible error would hide those of the other causes.
        var idle = disruptions[.idle] ?? Estimate(mean: 0, standardError: 0)
        if idle.mean == 0 { idle.standardError = 0 }
        total = Estimate(of: totals) + idle
        minutesLost = Estimate(of: minutes) + idle * (outage.mean(isSilent: !settings.resetsIdle) / 60)
        let idleEnds = idle.mean * Double(sessionMonths)
        let ends = Double(disrupted + ended) + idleEnds
        if settings.session != .persistent, ends > 0 { disruptedSessions = (Double(disrupted) + idleEnds) / ends }
    }
}

extension Outage {
    /// The sum of random outages, in seconds: where in its transaction each disruption hits, and how long each waits.
    func drawn(_ count: Int, isSilent: Bool, using random: inout SeededRandom) -> Double {
        guard count > 0 else { return 0 }
        let fixed = notice(isSilent: isSilent) ?? Outage.neverSeconds
        let waits = isSilent && settings.retry == .firewallReset
        return (0..<count).reduce(0) { sum, _ in
            let wait = waits ? random.share() * 0.1 : reconnect(isSilent: isSilent)
            return sum + fixed + wait + random.share() * settings.redo
        }
    }
}
