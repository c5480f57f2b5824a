/// The part of a ``FleetMachine`` that is stored in SQLite, as JSON.
package struct FleetSnapshot: Hashable, Sendable, Codable {
    /// Increased when an older machine could not understand the snapshot. A snapshot of another version is ignored.
    package static let currentVersion = 1

    package var version = FleetSnapshot.currentVersion
    /// The capacity as configured. If the configured capacity changes, it overrides the prescaled one.
    var configured: CapacityRange
    /// The capacity in force.
    var capacity: CapacityRange
    /// How many instances are to serve.
    var desired: Int
    /// The binary of new instances since the last maintenance; nil: the controller's own.
    var binary: String?
    /// In order of their identifiers; without stopped ones.
    var instances: [InstanceLife] = []
    /// Failed instances that have not been replaced yet.
    var lost: [LostInstance] = []
    /// Why no further instance is renewed; nil: renewals may go on.
    var renewalStop: RenewalStop?
    /// The last maintenance, active or finished.
    var maintenance: MaintenanceMachine?

    init(configured: CapacityRange) {
        self.configured = configured
        capacity = configured
        desired = configured.minimum
    }
}
