/// What ``FleetMachine`` asks the shell to do, in this order, before it passes the next event.
///
/// Each can be carried out twice without harm: after a controller's death,
/// ``FleetMachine/restore(settings:snapshot:observed:zones:now:)`` repeats directives that may not have been carried
/// out. So whenever ``FleetMachine/snapshot`` has changed, the shell saves it first and then carries out the
/// directives.
package enum FleetDirective: Hashable, Sendable {
    /// Starts the process of an instance; nil: the controller's binary. Answered by `serving` or `exited`. If a process
    /// of this identifier already runs, it is kept, and `serving` is reported as soon as it is ready.
    case start(InstanceIdentifier, binary: String?)
    /// New sessions go to exactly these instances (FLEET-1): the bits of `runtime.servingInstances`. Empty: no instance
    /// serves, new sessions are refused. They go to those in `first` as long as these have a free slot (MAINT-1):
    /// ``Steering/entries(for:)`` of `first` into `sluice_steering`, byte by byte. `first` is a part of the others, in
    /// their order, and it is empty only if they are.
    case steer([InstanceIdentifier], first: [InstanceIdentifier])
    /// Writes `sluice_instance.state`.
    case setState(InstanceIdentifier, InstanceState)
    /// The instance resets all its sessions, paced so that it is done `within` nanoseconds (DRAIN-2).
    case resetAll(InstanceIdentifier, within: UInt64)
    /// The instance repeats its resets for tombstones that have met a segment since (DRAIN-2: at 60 s and 75 s).
    case repeatResets(InstanceIdentifier)
    /// SIGTERM, or SIGKILL. Answered by `exited`.
    case endProcess(InstanceIdentifier, kill: Bool)
    /// Distributes the slabs of an instance without a process evenly over others (KEEP-1). Answered by `emptied`.
    case moveSlabs(from: InstanceIdentifier, to: [InstanceIdentifier])
    /// Ends the remaining sessions of an instance without a process, without a RST. Its slabs return to the pool.
    /// Answered by `emptied`.
    case discardSessions(of: InstanceIdentifier, reason: DiscardReason)
    /// Writes the number of a question into each instance's record. The instance copies it to its answer (RECOV-1).
    /// About once a second.
    case ask([InstanceIdentifier], number: UInt32)
    /// Answered by `measured`; every 10 s.
    case measure
    /// Checks that a binary starts and has the layout of this kernel program. Answered by `binaryChecked`.
    case checkBinary(String?)
    /// Writes to the history and the log.
    case record(FleetChange)
    /// The answer to an operator's command that is done or has begun, with a sentence that says what was done.
    case accept(FleetCommand, String)
    /// The answer to an operator's command that is refused: why, and what to do instead.
    case refuse(FleetCommand, String)
}

/// Why sessions end together with their instance.
package enum DiscardReason: String, Hashable, Sendable, Codable {
    /// At the end of a drain (DRAIN-3, DRAIN-4, MAINT-4).
    case drained
    /// By auto-recovery (RECOV-2).
    case instanceLost
    /// An operator stopped it.
    case stopped
}
