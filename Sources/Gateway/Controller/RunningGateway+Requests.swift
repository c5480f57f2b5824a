internal import FlowCore
internal import Kernel
internal import Policy

extension RunningGateway {
    /// Does what the control socket was asked for.
    ///
    /// - Parameter number: by which the server knows who asked.
    /// - Returns: nil where the answer comes later.
    func answer(_ request: ControlRequest, number: Int) -> ControlResponse? {
        do throws(GatewayError) {
            if let command = try request.fleetCommand() { return ask(command, number: number) }
        } catch {
            return ControlResponse(ok: false, message: "\(error)")
        }
        return answer(request)
    }

    /// Does what the fleet has no part in.
    func answer(_ request: ControlRequest) -> ControlResponse {
        switch request.command {
        case .ping:
            return ControlResponse(ok: true, message: "gateway \(configuration.gateway) is running")
        case .reload:
            do throws(GatewayError) {
                return ControlResponse(ok: true, message: try reload())
            } catch {
                log.error("reload refused; what was in force stays", ["cause": "\(error)"])
                tell(.reloadRefused(reason: "\(error)"))
                return ControlResponse(ok: false, message: "\(error)\nNothing was changed.")
            }
        case .sessionReset:
            guard let sessions = request.sessions else {
                return ControlResponse(
                    ok: false, message: #"session-reset: name the sessions: "sessions": [[slot, generation], ...]"#)
            }
            let count = resetByHand(sessions)
            return ControlResponse(ok: true, message: "\(count) of \(sessions.count) sessions reset", count: count)
        case .stop:
            shallStop = true
            return ControlResponse(ok: true, message: "gateway \(configuration.gateway) is stopping")
        case .instanceDrain, .instanceDrainCancel, .instanceStop, .fleetScale, .fleetPrescale, .maintenanceStart,
            .maintenancePause, .maintenanceResume, .maintenanceAbort:
            return ControlResponse(ok: false, message: "\(request.command.rawValue) is a question to the fleet")
        }
    }

    /// RST-5.
    private func resetByHand(_ sessions: [SessionReference]) -> Int {
        let count = SessionResetting(
            table: SessionTable(datapath, instanceIdentifier: Datapath.firstInstance), journal: journal, outlet: outlet
        )
        .reset(sessions, reason: .operatorReset) { Tick.of(nanoseconds: MonotonicClock.nanoseconds()) }
        tell(.sessionsReset(asked: sessions.count, reset: count))
        log.notice("sessions reset by hand", ["asked": "\(sessions.count)", "reset": "\(count)"])
        return count
    }
}
