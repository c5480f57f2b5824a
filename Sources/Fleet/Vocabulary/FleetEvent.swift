/// What the shell reports to ``FleetMachine``.
package enum FleetEvent: Hashable, Sendable {
    /// ``FleetMachine/nextTimer`` is reached. Harmless at any other time.
    case tick
    /// An instance that was requested by ``FleetDirective/start(_:binary:)`` is ready to take sessions.
    case serving(InstanceIdentifier)
    /// An instance's process is gone: requested or not, or it could not be started.
    case exited(InstanceIdentifier, ProcessEnd)
    /// The heartbeat and answer of an instance. Read shortly after the answer to each ``FleetDirective/ask(_:number:)``
    /// was due; more often does no harm. `heartbeat`: `sluice_instance.heartbeatNanoseconds`; `answered`: the number of
    /// the last question it answered.
    case seen(InstanceIdentifier, heartbeat: UInt64, answered: UInt32)
    /// The answer to ``FleetDirective/measure``.
    case measured(FleetMeasurement)
    /// How many sessions a draining instance still has: live ones, and tombstones. Reported about once a second.
    case sessionsLeft(InstanceIdentifier, live: Int, tombstones: Int)
    /// ``FleetDirective/moveSlabs(from:to:)`` or ``FleetDirective/discardSessions(of:reason:)`` is carried out: the
    /// instance has no slab any more. `sessions`: how many were moved or discarded.
    case emptied(InstanceIdentifier, sessions: Int)
    case requested(FleetCommand)
    /// The answer to ``FleetDirective/checkBinary(_:)``: why the binary can't be used, and what to do; nil if it can.
    case binaryChecked(binary: String?, problem: String?)
    /// The wall clock's time, for maintenance windows: at the start, and about once a minute.
    case wallClock(unixSeconds: Int64)
    /// The configuration was reloaded.
    case settingsChanged(FleetSettings)
}

/// How a process ended.
package enum ProcessEnd: Hashable, Sendable, Codable {
    case exited(status: Int32)
    case signalled(Int32)
    /// It never ran. The text says why, for an operator.
    case couldNotStart(String)
    /// It did not exist when a starting controller looked for it.
    case missing

    package var text: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .signalled(let signal): "was ended by signal \(signal)"
        case .couldNotStart(let why): "could not be started: \(why)"
        case .missing: "was gone when the controller started"
        }
    }
}

/// The load of the fleet at a moment: one sample of the autoscaler (SCALE-1).
package struct FleetMeasurement: Hashable, Sendable {
    package var instances: [InstanceMeasurement]
    /// Slots in use, and slots in total, of the whole table.
    package var tableSessions: Int
    package var tableCapacity: Int

    package init(instances: [InstanceMeasurement], tableSessions: Int, tableCapacity: Int) {
        self.instances = instances
        self.tableSessions = tableSessions
        self.tableCapacity = tableCapacity
    }
}

/// One instance in a ``FleetMeasurement``: averages since the previous measurement.
package struct InstanceMeasurement: Hashable, Sendable, Codable {
    package var identifier: InstanceIdentifier
    /// CPU time of its process and its share of the datapath's, 0 ... 1 of what it may use.
    package var cpu: Double
    package var bitsPerSecond: Double
    package var sessions: Int
    /// Sessions older than the length of a drain: those that are affected when the instance leaves.
    package var longLivedSessions: Int

    package init(
        identifier: InstanceIdentifier, cpu: Double, bitsPerSecond: Double, sessions: Int, longLivedSessions: Int
    ) {
        self.identifier = identifier
        self.cpu = cpu
        self.bitsPerSecond = bitsPerSecond
        self.sessions = sessions
        self.longLivedSessions = longLivedSessions
    }
}
