import Simulation

/// A forecast: the closed form and the simulation side by side, and what helps most. Values are means a month of 30 days,
/// of one connection.
package struct ForecastReport: Sendable, Encodable {
    package struct Row: Sendable, Encodable {
        package let cause: DisruptionCause
        package let closedForm: Double
        package let simulated: Estimate
        /// Of all disruptions, by the closed form: 0 ... 1.
        package let share: Double
        package let minutesLost: Double
    }

    package struct Change: Sendable, Encodable {
        package let title: String
        /// What remains after it.
        package let disruptions: Double
        package let minutesLost: Double
        package let simulatedMinutesLost: Estimate
    }

    package let connections: Int
    /// In order of their disruptions.
    package let causes: [Row]
    package let disruptions: Double
    package let simulatedDisruptions: Estimate
    package let minutesLost: Double
    package let simulatedMinutesLost: Estimate
    /// Work that is done again; a part of ``minutesLost``.
    package let minutesRedone: Double
    /// The probability that a session is disrupted before it ends; nil for persistent ones.
    package let disruptedSessions: Double?
    package let simulatedDisruptedSessions: Double?
    /// What one maintenance does to a session.
    package let disruptionsPerMaintenance: Double
    package let steering: FleetSteering
    package let sessionMonths: Int
    package let fleetMonths: Int
    /// How often the fleet's machine was called.
    package let machineCalls: Int
    package let changes: [Change]
    package let warnings: [String]

    /// - Parameters:
    ///   - settings: they must have passed ``ForecastSettings/check()``.
    ///   - months: how many months of a session are simulated.
    ///   - notes: assumptions that a reader must know.
    package init(_ settings: ForecastSettings, months: Int, seed: UInt64, notes: [String] = []) {
        let closed = ClosedForecast(settings)
        let simulated = SimulatedForecast(settings, months: months, seed: seed)
        connections = settings.connections
        causes = DisruptionCause.allCases.map { cause in
            let count = closed.disruptions[cause] ?? 0
            return Row(
                cause: cause, closedForm: count,
                simulated: simulated.disruptions[cause] ?? Estimate(mean: 0, standardError: 0),
                share: closed.total > 0 ? count / closed.total : 0, minutesLost: closed.minutesLost(cause))
        }.sorted { $0.closedForm > $1.closedForm }
        disruptions = closed.total
        simulatedDisruptions = simulated.total
        minutesLost = closed.minutesLost
        simulatedMinutesLost = simulated.minutesLost
        minutesRedone = closed.minutesRedone
        disruptedSessions = closed.disruptedSessions
        simulatedDisruptedSessions = simulated.disruptedSessions
        disruptionsPerMaintenance = settings.continuity == .preserve ? 0 : closed.hits.mean
        steering = settings.steering
        sessionMonths = simulated.sessionMonths
        fleetMonths = simulated.fleetMonths
        machineCalls = simulated.calls
        changes = ForecastChange.best(ForecastReport.changesShown, for: settings).map { gain in
            Change(
                title: gain.change.title, disruptions: max(closed.total - gain.disruptions, 0),
                minutesLost: max(closed.minutesLost - gain.minutes, 0),
                simulatedMinutesLost: SimulatedForecast(
                    gain.change.settings, months: max(months / ForecastReport.changesShare, 1), seed: seed
                ).minutesLost)
        }
        warnings = settings.warnings + notes
    }

    private static let changesShown = 3
    /// A change is simulated in this part of the months.
    private static let changesShare = 10
}
