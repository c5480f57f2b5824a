/// What the shell tells ``FleetMachine``.
package enum FleetEvent: Hashable, Sendable {
    /// ``FleetMachine/nextTimer`` has come; harmless at any other time.
    case tick
    /// An instance that was asked for by ``FleetDirective/start(_:binary:)`` is ready to take sessions.
    case serving(InstanceIdentifier)
    /// An instance's process is gone: asked for or not, or it could not be started at all.
    case exited(InstanceIdentifier, ProcessEnd)
    /// The signs of life of an instance, looked at shortly after each ``FleetDirective/ask(_:number:)`` was due to be answered; more
    /// often is fine. `heartbeat`: `sluice_instance.heartbeatNanoseconds`; `answered`: the last question's number it has answered.
    case seen(InstanceIdentifier, heartbeat: UInt64, answered: UInt32)
    /// The answer to ``FleetDirective/measure``.
    case measured(FleetMeasurement)
    /// How many sessions an instance that drains still has: live ones, and tombstones. Told about once a second.
    case sessionsLeft(InstanceIdentifier, live: Int, tombstones: Int)
    /// ``FleetDirective/moveSlabs(from:to:)`` or ``FleetDirective/discardSessions(of:reason:)`` is carried out: no slab is the
    /// instance's any more. `sessions`: how many were moved or discarded.
    case emptied(InstanceIdentifier, sessions: Int)
    case requested(FleetCommand)
    /// The answer to ``FleetDirective/checkBinary(_:)``: why the binary can't be used, with what to do; nil where it can.
    case binaryChecked(binary: String?, problem: String?)
    /// The wall clock's time, for maintenance windows: at the start, and about once a minute.
    case wallClock(unixSeconds: Int64)
    /// The configuration was read again.
    case settingsChanged(FleetSettings)
}

/// How a process ended.
package enum ProcessEnd: Hashable, Sendable, Codable {
    case exited(status: Int32)
    case signalled(Int32)
    /// It never ran: why, for an operator.
    case couldNotStart(String)
    /// It was not there when a controller looked for it.
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

/// What the fleet does at a moment: one sample of the autoscaler (SCALE-1).
package struct FleetMeasurement: Hashable, Sendable {
    package var instances: [InstanceMeasurement]
    /// Slots in use, and slots, of the whole table.
    package var tableSessions: Int
    package var tableCapacity: Int

    package init(instances: [InstanceMeasurement], tableSessions: Int, tableCapacity: Int) {
        self.instances = instances
        self.tableSessions = tableSessions
        self.tableCapacity = tableCapacity
    }
}

/// One instance in a ``FleetMeasurement``: averages since the last one.
package struct InstanceMeasurement: Hashable, Sendable, Codable {
    package var identifier: InstanceIdentifier
    /// Its process's time and its share of the datapath's, 0 ... 1 of what it may use.
    package var cpu: Double
    package var bitsPerSecond: Double
    package var sessions: Int
    /// Sessions older than a drain lasts: those that its leaving would hurt.
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
