import Simulation

/// The closed form: means a month, of one connection.
package struct ClosedForecast: Sendable {
    package let settings: ForecastSettings
    /// Disruptions a month, by cause.
    package private(set) var disruptions: [DisruptionCause: Double] = [:]
    package let path: FleetPath

    package init(_ settings: ForecastSettings) {
        self.settings = settings
        path = FleetPath(settings.load, settings.instances)
        disruptions[.idle] = idle * MonthPlan.seconds
        // With `preserve`, other instances take the sessions over (KEEP-1).
        let isDisruptive = settings.continuity == .disruptive
        disruptions[.unplanned] = isDisruptive ? settings.failuresPerSecond * MonthPlan.seconds : 0
        disruptions[.maintenance] = isDisruptive ? maintenanceHits : 0
        disruptions[.scaleIn] =
            isDisruptive ? Double(MonthPlan.days) * scaleInHits : 0
        countAbsence()
    }

    /// A session that nobody misses for days is not disrupted again in that time.
    private mutating func countAbsence() {
        guard silentNotice > MonthPlan.daySeconds else { return }
        let losses = DisruptionCause.allCases.reduce(0) { $0 + (isSilent($1) ? disruptions[$1] ?? 0 : 0) }
        for (cause, count) in disruptions {
            disruptions[cause] = count / (1 + losses * silentNotice / MonthPlan.seconds)
        }
    }

    private var silentNotice: Double { Outage(settings).notice(isSilent: true) ?? Outage.neverSeconds }

    private var scaleInHits: Double {
        path.hitsPerDay(
            backAfter: settings.drain.reset == 0 ? silentNotice : 0, exposed: largeShare * (1 - endingInDrain))
    }

    package var idleKills: IdleKills {
        IdleKills(keepAlive: settings.keepAlive, timeout: settings.idleTimeout, loss: settings.loss)
    }

    /// What one maintenance does. It takes place when the fleet is smallest.
    package var hits: MaintenanceHits {
        var hits = MaintenanceHits(instances: path.quietest.size, steering: settings.steering)
        hits.renewedPerStep =
            1 - settings.session.staysOpen(MaintenanceHits.stepSeconds)
            * Mathematics.exponential(-idle * MaintenanceHits.stepSeconds)
        hits.endingInDrain = endingInDrain
        if settings.drain.reset == 0 {
            hits.missedSteps = Int(min(silentNotice / MaintenanceHits.stepSeconds, 1_000)) + 1
        }
        return hits
    }

    /// A fleet that scales every day distributes the sessions again before the next maintenance.
    private var maintenanceHits: Double {
        let count = settings.maintenances
        return path.scaleIns.isEmpty ? hits.mean(ofMaintenances: count) : Double(count) * hits.mean
    }

    /// The share of sessions that end by themselves while an instance drains and refuses new ones.
    private var endingInDrain: Double {
        let seconds = Double(settings.drain.refuse) / 1e9
        return 1 - settings.session.staysOpen(seconds) * Mathematics.exponential(-idle * seconds)
    }

    /// The share of sessions that a scale-in can hit. Any instance leaves with the same probability: all of them. If the
    /// instance with the fewest long-lived sessions leaves, it is one that was added in the morning. Only sessions that
    /// began since are there, or came back after a failure or an idle timeout.
    package var largeShare: Double {
        guard settings.steering == .sluice else { return 1 }
        let other = (idle + settings.failuresPerSecond) * path.largeSeconds
        return 1 - settings.session.staysOpen(path.largeSeconds) * Mathematics.exponential(-other)
    }

    /// Idle kills per second. A session that is gone can't expire: each kill is followed by a time without one (renewal
    /// theorem).
    private var idle: Double {
        let rate = idleKills.rate(settings.gaps)
        return rate / (1 + rate * Outage(settings).absence(isSilent: !settings.resetsIdle))
    }

    package var total: Double { DisruptionCause.allCases.reduce(0) { $0 + (disruptions[$1] ?? 0) } }

    /// Whether disruptions by a cause come without a RST.
    package func isSilent(_ cause: DisruptionCause) -> Bool {
        switch cause {
        case .unplanned: true
        case .maintenance, .scaleIn: settings.drain.reset == 0
        case .idle: !settings.resetsIdle
        }
    }

    /// Minutes without a session a month, by cause, with the work that is done again.
    package func minutesLost(_ cause: DisruptionCause) -> Double {
        (disruptions[cause] ?? 0) * Outage(settings).mean(isSilent: isSilent(cause)) / 60
    }

    package var minutesLost: Double { DisruptionCause.allCases.reduce(0) { $0 + minutesLost($1) } }

    /// Minutes of work that are done again, a month.
    package var minutesRedone: Double { total * Outage(settings).redo / 60 }

    /// The probability that a session is disrupted before it ends; nil for persistent ones. Each maintenance counts once:
    /// whatever it does to the next session.
    package var disruptedSessions: Double? {
        let planned = hits.instances > 0 && settings.continuity == .disruptive ? Double(settings.maintenances) : 0
        let others = total - (disruptions[.maintenance] ?? 0)
        return settings.session.disrupted(hazard: (others + planned) / MonthPlan.seconds)
    }
}
