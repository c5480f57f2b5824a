internal import FlowLayout
internal import FlowCore
internal import Kernel
internal import Policy

extension RunningGateway {
    /// Executes a request of the control socket.
    ///
    /// - Parameters:
    ///   - peer: who asks.
    ///   - number: by which the server finds the connection for the answer.
    /// - Returns: nil if the answer comes later.
    func answer(_ request: ControlRequest, from peer: ControlPeer, number: Int) -> ControlResponse? {
        if peer.isAPI, let refusal = api.refusal(of: request) { return refusal }
        do throws(GatewayError) {
            if let command = try request.fleetCommand() { return ask(command, by: peer.text, number: number) }
        } catch {
            return ControlResponse(ok: false, message: "\(error)")
        }
        switch request.command {
        case .ping:
            return ControlResponse(ok: true, message: "gateway \(configuration.gateway) is running")
        case .reload:
            reload(by: peer.text, for: number)
            return nil
        case .sessionReset:
            guard let sessions = request.sessions else {
                return ControlResponse(
                    ok: false, message: #"session-reset: name the sessions: "sessions": [[slot, generation], ...]"#)
            }
            resetByHand(sessions, by: peer.text, number: number)
            return nil
        case .stop:
            shallStop = true
            stopCause = "asked for by \(peer.text)"
            return ControlResponse(ok: true, message: "gateway \(configuration.gateway) is stopping")
        case .instanceDrain, .instanceDrainCancel, .instanceStop, .fleetScale, .fleetPrescale, .maintenanceStart,
            .maintenancePause, .maintenanceResume, .maintenanceAbort:
            return ControlResponse(ok: false, message: "\(request.command.rawValue) is a request to the fleet")
        }
    }
}
