/// The result of one seed.
package struct SimulationReport: Sendable {
    package var seed: UInt64
    /// The violation and its time; nil if there was none.
    package var violation: String?
    /// One line each, if requested.
    package var trace: [String] = []
    package var counts = Counts()

    /// Counts of what happened, so that a run without activity is noticed.
    package struct Counts: Hashable, Sendable {
        package var occurrences = 0
        package var sessions = 0
        package var handshakes = 0
        package var drains = 0
        package var resets = 0
        package var moved = 0
        package var discarded = 0
        package var failures = 0
        package var controllerDeaths = 0
        package var pauses = 0
        package var maintenanceSteps = 0
        package var upgrades = 0
        package var renewals = 0
        package var accepted = 0
        package var refused = 0

        package init() {}

        package static func += (total: inout Counts, more: Counts) {
            for count in Counts.all { total[keyPath: count] += more[keyPath: count] }
        }

        private static var all: [WritableKeyPath<Counts, Int>] {
            [
                \.occurrences, \.sessions, \.handshakes, \.drains, \.resets, \.moved, \.discarded, \.failures,
                \.controllerDeaths,
                \.pauses,
                \.maintenanceSteps, \.upgrades, \.renewals, \.accepted, \.refused,
            ]
        }

        package var text: String {
            "\(occurrences) occurrences: \(sessions) sessions, \(handshakes) handshakes, \(drains) drains, \(resets) resets, \(moved) sessions moved, "
                + "\(discarded) discarded, \(failures) failures of instances, \(controllerDeaths) of controllers, \(pauses) pauses, "
                + "\(maintenanceSteps) steps of maintenance, \(upgrades) upgrades, \(renewals) renewals, \(accepted) commands accepted, \(refused) refused"
        }
    }
}
