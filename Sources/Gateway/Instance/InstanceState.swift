/// Where an instance is in its life: `sluice_instance.state`. Draining and recovery come with the fleet.
package enum InstanceState: UInt32, Sendable, CaseIterable {
    /// Nobody serves. Can transition to: `serving` when a process takes up the work.
    case stopped = 0
    /// Can transition to: `stopped` on SIGTERM. A process that is killed leaves `serving` with an old heartbeat.
    case serving = 1

    package var name: String { "\(self)" }
}
