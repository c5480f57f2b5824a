/// Identifies an instance: 1 ... 63. It is the owner in `sluice_slab`, the index in `sluice_instances` and the entry of
/// the steering table. 0 means "none", or the pool.
package typealias InstanceIdentifier = UInt16

/// The state of an instance (FLEET-2). The raw value is stored in the snapshot. `sluice_instance.state` in the shared
/// memory has other numbers; `recordValue` in `Gateway/Instance/InstanceState+Record.swift` maps them.
package enum InstanceState: UInt32, Hashable, Sendable, Codable, CaseIterable {
    /// There is no process and there are no sessions: the identifier is free. Can transition to: `starting`.
    case stopped = 0
    /// Takes new sessions. Can transition to: `drainingRefuse` (drain), `ending` (its sessions are taken over, or it
    /// was asked to stop), `unresponsive` (no heartbeat, or its process ended unexpectedly).
    case serving = 1
    /// A process was requested and is not ready yet. Can transition to: `serving`, `ending` (timeout, or no longer
    /// needed), `stopped` (its process ended).
    case starting = 2
    /// Takes no new session; its sessions continue (DRAIN-1). Can transition to: `serving` (cancelled), `drainingReset`
    /// (at the deadline), `ending` (no session is left, or there is no reset half), `unresponsive`.
    case drainingRefuse = 3
    /// Its sessions are being reset (DRAIN-2). Can transition to: `ending` (at the deadline, or no session is left),
    /// `unresponsive`.
    case drainingReset = 4
    /// Its process was asked to end. Then its remaining sessions are handed over or discarded. Can transition to:
    /// `stopped`.
    case ending = 5
    /// It did not prove that it is alive, or its process ended unexpectedly (RECOV-1). It is killed and replaced at
    /// once. Can transition to: `stopped`.
    case unresponsive = 6

    /// The name in tables, JSON and logs.
    package var name: String { "\(self)" }

    /// Whether it is leaving the fleet by a drain.
    package var isDraining: Bool { self == .drainingRefuse || self == .drainingReset }

    /// Whether its process must prove that it is alive.
    package var isWatched: Bool { self == .serving || isDraining }
}
