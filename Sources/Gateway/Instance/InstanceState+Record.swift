package import Fleet

/// The state of an instance in its record in the shared memory: `sluice_instance.state`. The controller writes orders there, and the
/// instance's process writes what it has reached. The numbers are not the raw values, which the fleet's snapshot uses.
extension InstanceState {
    package var recordValue: UInt32 {
        switch self {
        // No process serves.
        case .stopped: 0
        // A killed process leaves `serving` with an old heartbeat. A process that is asked to stop leaves its sessions for another one.
        case .serving: 1
        // The controller has started the process, which does not serve yet.
        case .starting: 2
        // Takes no new sessions, and returns the slabs that it no longer needs.
        case .drainingRefuse: 3
        // Resets all its sessions at a limited rate, and keeps the tombstones.
        case .drainingReset: 4
        case .unresponsive: 6
        // The process does not touch its sessions any more: the controller moves or discards them (DRAIN-3, DRAIN-4).
        case .ending: 7
        }
    }

    /// - Returns: nil if no state has this number.
    package init?(recordValue: UInt32) {
        guard let state = Self.allCases.first(where: { $0.recordValue == recordValue }) else { return nil }
        self = state
    }
}
