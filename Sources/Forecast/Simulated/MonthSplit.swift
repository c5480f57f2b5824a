import Simulation

/// How months of sessions are distributed over months of fleets. A month of a fleet that scales every day takes
/// thousands of calls of the machine; so many sessions cross each of these.
package struct MonthSplit: Hashable, Sendable {
    package let fleets: Int
    /// Sessions that cross each fleet.
    package let sessions: Int

    /// Calls of the machine for a month of a session that fit into the time of a forecast, for a fleet of one instance.
    private static let callsPerMonth = 80.0
    private static let leastFleets = 20
    /// Where the machine chooses who leaves by the real counts, these need some sessions.
    private static let leastSessions = 200

    package init(_ settings: ForecastSettings, months: Int) {
        let path = FleetPath(settings.load, settings.instances)
        let scaling = path.scaleIns.isEmpty ? 0 : Double(path.scaleIns.count) * 12 + 25
        let calls = 20 + Double(settings.maintenances * path.quietest.size) * 10 + Double(MonthPlan.days) * scaling
        // A call costs the more, the more instances there are.
        let cost = calls * (1 + Double(settings.instances.maximum) / 5)
        let affordable = max(Int(MonthSplit.callsPerMonth * Double(months) / cost), MonthSplit.leastFleets)
        let needsCounts = settings.steering == .sluice && !path.scaleIns.isEmpty
        fleets = max(min(affordable, months), 1)
        sessions = max((months + fleets - 1) / fleets, needsCounts ? MonthSplit.leastSessions : 1)
    }
}
