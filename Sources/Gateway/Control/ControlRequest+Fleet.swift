internal import Fleet

extension ControlRequest {
    /// What it asks of the fleet; nil: it is about something else.
    ///
    /// - Throws: what is missing in it.
    func fleetCommand() throws(GatewayError) -> FleetCommand? {
        switch command {
        case .ping, .reload, .sessionReset, .stop: return nil
        case .instanceDrain: return .drain(try required(instance, "instance", "a number"))
        case .instanceDrainCancel: return .cancelDrain(try required(instance, "instance", "a number"))
        case .instanceStop: return .stop(try required(instance, "instance", "a number"))
        case .fleetScale: return .scale(instances: try required(instances, "instances", "a number"))
        case .fleetPrescale:
            return .prescale(
                CapacityRange(
                    minimum: try required(minimum, "minimum", "2 to 50"),
                    maximum: try required(maximum, "maximum", "2 to 50")))
        case .maintenanceStart: return .startMaintenance(binary: binary, now: now ?? false)
        case .maintenancePause: return .pauseMaintenance
        case .maintenanceResume: return .resumeMaintenance
        case .maintenanceAbort: return .abortMaintenance
        }
    }

    private func required<Value>(_ value: Value?, _ name: String, _ what: String) throws(GatewayError) -> Value {
        guard let value else {
            throw GatewayError("\(command.rawValue): \"\(name)\" is missing: write \(what)")
        }
        return value
    }
}
