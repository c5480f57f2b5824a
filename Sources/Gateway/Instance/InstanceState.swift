/// Where an instance is in its life: `sluice_instance.state` (FLEET-2). The controller writes orders, and the process of the
/// instance says what it has reached.
package enum InstanceState: UInt32, Sendable, CaseIterable {
    /// Nobody serves. Can transition to: `starting`, or `serving` when a process takes up the work.
    case stopped = 0
    /// Takes new sessions. Can transition to: `stopped` on SIGTERM (its sessions stay, for another one to take over),
    /// `drainingRefuse`, `unresponsive`. A process that is killed leaves `serving` with an old heartbeat.
    case serving = 1
    /// The controller has started its process, which has not taken up the work yet. Can transition to: `serving`.
    case starting = 2
    /// Takes no new session, and returns what slabs it needs no more; its sessions go on (DRAIN-1). Can transition to:
    /// `serving` (cancelled), `drainingReset`, `ending`.
    case drainingRefuse = 3
    /// Resets all its sessions, paced, and keeps the tombstones (DRAIN-2). Can transition to: `ending`.
    case drainingReset = 4
    /// Did not answer; its process is being ended (RECOV-1). Can transition to: `stopped`, `starting`.
    case unresponsive = 6
    /// Its process was told to end, and does nothing to its sessions any more: the controller gives them to others, or drops
    /// them (DRAIN-3, DRAIN-4). Can transition to: `stopped`.
    case ending = 7

    package var name: String { "\(self)" }
}
