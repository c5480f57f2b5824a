/// How the sessions of a simulated month were disrupted.
package struct MonthReport: Hashable, Sendable {
    /// Why the fleet disrupted a session.
    package enum Cause: Int, Hashable, Sendable, CaseIterable {
        case unplanned, maintenance, scaleIn
    }

    /// Disruptions that both ends noticed by a RST, by ``Cause``.
    package internal(set) var resets = [Int](repeating: 0, count: Cause.allCases.count)
    /// Disruptions without a RST, by ``Cause``.
    package internal(set) var silent = [Int](repeating: 0, count: Cause.allCases.count)
    /// Sessions that ended by themselves.
    package internal(set) var naturalEnds = 0
    /// Disruptions by maintenance, by session.
    package internal(set) var maintenanceBySession: [Int] = []
    package internal(set) var maintenancesCompleted = 0
    package internal(set) var scaleIns = 0
    /// How often the machine was called.
    package internal(set) var calls = 0

    package func disruptions(_ cause: Cause) -> Int { resets[cause.rawValue] + silent[cause.rawValue] }
}
