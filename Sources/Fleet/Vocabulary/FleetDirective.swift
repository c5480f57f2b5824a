/// What ``FleetMachine`` tells the shell to do, in this order, before it hands in the next event.
///
/// Each can be carried out twice without harm: after a controller's death, ``FleetMachine/restore(settings:snapshot:observed:zones:now:)``
/// gives again what may have been left undone. So the shell saves ``FleetMachine/snapshot`` first, whenever it has changed, and
/// carries out then.
package enum FleetDirective: Hashable, Sendable {
    /// Starts the process of an instance; nil: the binary that runs the controller. Answered by `serving` or `exited`. Where a
    /// process of this identifier runs already, it is kept, and `serving` is told as soon as it is ready, or was before.
    case start(InstanceIdentifier, binary: String?)
    /// New sessions go to these, and only these (FLEET-1): ``Steering/entries(for:)`` into `sluice_steering`, byte by byte, and the
    /// bits of `runtime.servingInstances`. Empty: nobody serves, new sessions are refused.
    case steer([InstanceIdentifier])
    /// Writes `sluice_instance.state`.
    case setState(InstanceIdentifier, InstanceState)
    /// The instance resets all its sessions, paced so that it is done `within` nanoseconds (DRAIN-2).
    case resetAll(InstanceIdentifier, within: UInt64)
    /// The instance repeats its resets for tombstones that have met a segment since (DRAIN-2: at 60 s and 75 s).
    case repeatResets(InstanceIdentifier)
    /// SIGTERM, or SIGKILL. Answered by `exited`.
    case endProcess(InstanceIdentifier, kill: Bool)
    /// Gives the slabs of an instance without a process to others, spread evenly (KEEP-1). Answered by `emptied`.
    case moveSlabs(from: InstanceIdentifier, to: [InstanceIdentifier])
    /// Ends what is left of the sessions of an instance without a process, silently; its slabs go to the pool. Answered by `emptied`.
    case discardSessions(of: InstanceIdentifier, reason: DiscardReason)
    /// Writes the number of a question into each record; the instance copies it to its answer (RECOV-1). About once a second.
    case ask([InstanceIdentifier], number: UInt32)
    /// Answered by `measured`; every 10 s.
    case measure
    /// Looks whether a binary starts and speaks this kernel program's layout. Answered by `binaryChecked`.
    case checkBinary(String?)
    /// Tells the history, and the log.
    case record(FleetChange)
    /// Answers an operator: done, or begun; what was done in a sentence.
    case accept(FleetCommand, String)
    /// Answers an operator: why not, and what to do instead.
    case refuse(FleetCommand, String)
}

/// Why sessions end with their instance.
package enum DiscardReason: String, Hashable, Sendable, Codable {
    /// At the end of a drain (DRAIN-3, DRAIN-4, MAINT-4).
    case drained
    /// By auto-recovery (RECOV-2).
    case instanceLost
    /// An operator stopped it.
    case stopped
}
