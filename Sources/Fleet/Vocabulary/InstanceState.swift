/// Names an instance: 1 ... 63. It is the owner in `sluice_slab`, the index in `sluice_instances` and the entry of the steering
/// table; 0 means "none", or the pool.
package typealias InstanceIdentifier = UInt16

/// Where an instance is in its life (FLEET-2). The raw value is what the snapshot keeps. `sluice_instance.state` in the shared memory has
/// numbers of its own: `recordValue` in `Gateway/Instance/InstanceState+Record.swift`.
package enum InstanceState: UInt32, Hashable, Sendable, Codable, CaseIterable {
    /// There is no process and there are no sessions: the identifier is free. Can transition to: `starting`.
    case stopped = 0
    /// Takes new sessions. Can transition to: `drainingRefuse` (drain), `ending` (taking its sessions away, or told to stop),
    /// `unresponsive` (silent, or its process ended unasked).
    case serving = 1
    /// A process was asked for, and has not said yet that it is ready. Can transition to: `serving`, `ending` (too late, or not
    /// wanted any more), `stopped` (its process ended).
    case starting = 2
    /// Takes no new session; its sessions go on (DRAIN-1). Can transition to: `serving` (cancelled), `drainingReset` (in time),
    /// `ending` (no session is left, or there is no reset half), `unresponsive`.
    case drainingRefuse = 3
    /// Its sessions are being reset (DRAIN-2). Can transition to: `ending` (in time, or nothing is left), `unresponsive`.
    case drainingReset = 4
    /// Its process was told to end; then what is left of its sessions is handed over or discarded. Can transition to: `stopped`.
    case ending = 5
    /// Did not show that it lives, or its process ended unasked (RECOV-1): it is killed, and replaced at once. Can transition to:
    /// `stopped`.
    case unresponsive = 6

    /// The name in tables, JSON and logs.
    package var name: String { "\(self)" }

    /// Whether it leaves the fleet by a drain.
    package var isDraining: Bool { self == .drainingRefuse || self == .drainingReset }

    /// Whether its process is wanted alive: it must show that it lives.
    package var isWatched: Bool { self == .serving || isDraining }
}
