internal import Fleet
internal import Kernel
internal import Policy
internal import Store

extension RunningGateway {
    /// Passes a request to the fleet.
    ///
    /// - Parameter requester: who asks, for the history.
    /// - Returns: nil if the fleet has to check something first, and answers later.
    func ask(_ command: FleetCommand, by requester: String, number: Int) -> ControlResponse? {
        log.notice("the fleet is asked", ["for": "\(command)", "by": requester])
        waiting.append((command, number))
        fleet.requester = requester
        fleet.handle(.requested(command))
        fleet.requester = nil
        guard let index = answered.firstIndex(where: { $0.command == command }) else { return nil }
        waiting.removeLast()
        return answered.remove(at: index).response
    }

    /// Sends the answers that came later than the call of ``ask(_:by:number:)``.
    func sendAnswers(now: UInt64) {
        for (command, response) in answered {
            guard let index = waiting.firstIndex(where: { $0.command == command }) else { continue }
            server.answer(waiting.remove(at: index).number, response, now: now)
        }
        answered.removeAll()
    }

    /// Passes the changed configuration to the fleet.
    func applyFleetSettings() {
        fleet.announceSettings()
        fleet.handle(.settingsChanged(Fleet.FleetSettings(configuration)))
    }
}

extension RunningGateway: FleetSurroundings {
    func remember(_ events: [HistoryEvent], _ state: [StateChange]) { history.record(events, state: state) }

    func answer(_ command: FleetCommand, granted: Bool, _ text: String) {
        answered.append((command, ControlResponse(ok: granted, message: text)))
    }
}
