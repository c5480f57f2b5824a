/// Where new sessions go (FLEET-1). During a maintenance, to the instances that it does not replace any more, as long as
/// these have room: then a persistent session is disrupted by it once, and not again on the next old instance.
///
/// The choice changes only the steering table. Any serving instance still takes a session when the chosen ones have no
/// free slot (`SessionSteering.takeSlot`).
extension FleetMachine {
    /// Below this share of the thresholds of ``Autoscaler``, replaced instances have room again.
    private static let roomShare = 0.5

    /// The directive for new sessions. The caller gives it.
    mutating func steer(_ serving: [InstanceIdentifier]) -> FleetDirective {
        let directive = FleetDirective.steer(serving, first: first(of: serving))
        steered = directive
        return directive
    }

    /// Steers again if the choice has changed and the serving instances have not: maintenance began or ended, or the
    /// load changed.
    mutating func steerAgain() {
        guard let steered else { return }
        let wanted = FleetDirective.steer(serving, first: first(of: serving))
        if steered != wanted { directives.append(steer(serving)) }
    }

    private func first(of serving: [InstanceIdentifier]) -> [InstanceIdentifier] {
        areUpdatedFull ? serving : updated(of: serving)
    }

    /// The serving instances that maintenance does not replace any more; all if there is no such instance. With
    /// `preserve` no session is disrupted, so all instances share the load.
    private func updated(of serving: [InstanceIdentifier]) -> [InstanceIdentifier] {
        guard settings.steersToUpdatedFirst, settings.continuity == .disruptive,
            let queue = maintenance({ $0.queue }), !queue.isEmpty
        else { return serving }
        let updated = serving.filter { !queue.contains($0) }
        return updated.isEmpty ? serving : updated
    }

    /// Notes whether the replaced instances can take all new sessions: not if they have reached what makes the fleet
    /// scale out.
    mutating func noteRoom(_ measurement: FleetMeasurement) {
        let updated = updated(of: serving)
        guard updated != serving else {
            areUpdatedFull = false
            return
        }
        let measured = measurement.instances.filter { updated.contains($0.identifier) }
        guard !measured.isEmpty else { return }
        let count = Double(measured.count)
        let busiest = max(
            measured.reduce(0) { $0 + $1.cpu } / count,
            measured.reduce(0) { $0 + $1.bitsPerSecond }
                / (count * Double(max(settings.instance.throughputBitsPerSecond, 1))))
        let sessions =
            Double(measured.reduce(0) { $0 + $1.sessions }) / (count * Double(max(settings.instance.sessions, 1)))
        // 1: at a threshold of a scale-out.
        let use = max(busiest / Autoscaler.outLoad, sessions / Autoscaler.outSessions)
        if use >= 1 { areUpdatedFull = true } else if use < FleetMachine.roomShare { areUpdatedFull = false }
    }
}
