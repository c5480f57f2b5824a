/// What of a ``FleetMachine`` is kept in SQLite, as JSON.
package struct FleetSnapshot: Hashable, Sendable, Codable {
    /// Raised when an older machine could not make sense of it; another version counts as no snapshot.
    package static let currentVersion = 1

    package var version = FleetSnapshot.currentVersion
    /// The capacity as it was configured: where another is configured now, that wins over what was prescaled.
    var configured: CapacityRange
    /// The capacity in force.
    var capacity: CapacityRange
    /// How many instances are to serve.
    var desired: Int
    /// What new instances run, since the last maintenance; nil: the controller's own binary.
    var binary: String?
    /// In order of their identifiers; none that is stopped.
    var instances: [InstanceLife] = []
    /// Those that failed, and whose place nobody has taken yet.
    var lost: [LostInstance] = []
    /// Why no further instance is renewed; nil: nothing is in the way.
    var renewalStop: RenewalStop?
    /// The last one, over or not.
    var maintenance: MaintenanceMachine?

    init(configured: CapacityRange) {
        self.configured = configured
        capacity = configured
        desired = configured.minimum
    }
}
