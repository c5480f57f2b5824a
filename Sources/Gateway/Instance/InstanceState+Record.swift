package import Fleet

/// The state of an instance as its record in the shared memory has it: `sluice_instance.state`. The controller writes orders there, and the
/// process of the instance writes what it has reached. The numbers are not the raw values, which the fleet's snapshot keeps.
extension InstanceState {
    package var recordValue: UInt32 {
        switch self {
        // No process serves.
        case .stopped: 0
        // A process that is killed leaves `serving` with an old heartbeat; one that is asked to stop leaves its sessions for another one.
        case .serving: 1
        // The controller has started the process, which has not taken up its work yet.
        case .starting: 2
        // Takes no new session, and returns what slabs it needs no more.
        case .drainingRefuse: 3
        // Resets all its sessions, paced, and keeps the tombstones.
        case .drainingReset: 4
        case .unresponsive: 6
        // The process does nothing to its sessions any more: the controller gives them to others, or drops them (DRAIN-3, DRAIN-4).
        case .ending: 7
        }
    }

    /// - Returns: nil where no state has this number.
    package init?(recordValue: UInt32) {
        guard let state = Self.allCases.first(where: { $0.recordValue == recordValue }) else { return nil }
        self = state
    }
}
