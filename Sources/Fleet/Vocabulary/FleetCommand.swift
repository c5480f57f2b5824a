/// The commands of operators. Each is answered by exactly one ``FleetDirective/accept(_:_:)`` or
/// ``FleetDirective/refuse(_:_:)``, mostly at once; `startMaintenance` after its binary was checked.
package enum FleetCommand: Hashable, Sendable, Codable {
    /// `sluice fleet scale --instances N`: how many instances are to serve, within minimum and maximum.
    case scale(instances: Int)
    /// `sluice fleet prescale --min N --max M` (SCALE-2).
    case prescale(CapacityRange)
    /// `sluice instance drain N`: leaves as in a scale-in. At the minimum it is replaced at once.
    case drain(InstanceIdentifier)
    /// `sluice instance drain N --cancel`, only while it refuses.
    case cancelDrain(InstanceIdentifier)
    /// `sluice instance stop N`: leaves at once, without the 90 s.
    case stop(InstanceIdentifier)
    /// `sluice maintenance start [--binary PATH] [--now]`. Without a binary: the controller's own.
    case startMaintenance(binary: String?, now: Bool)
    case pauseMaintenance
    case resumeMaintenance
    case abortMaintenance
}
