/// Carries out the requests of ``MaintenanceMachine`` (MAINT-1 to MAINT-4).
extension FleetMachine {
    /// Applies a closure to the maintenance that is active, if there is one.
    func maintenance<Answer>(_ question: (MaintenanceMachine) -> Answer?) -> Answer? {
        guard let maintenance = snapshot.maintenance, maintenance.isActive else { return nil }
        return question(maintenance)
    }

    mutating func rollMaintenance() {
        while renewing == nil, maintenance({ $0 }) != nil {
            let situation = situation
            guard let wish = snapshot.maintenance?.wish(situation), grant(wish) else { return }
        }
    }

    private var situation: MaintenanceMachine.Situation {
        MaintenanceMachine.Situation(
            present: Set(snapshot.instances.map(\.identifier)), serving: Set(serving),
            isSomeoneLeaving: leavingInstance != nil, minimum: snapshot.capacity.minimum, isWindowOpen: isWindowOpen,
            replacementFirst: settings.replacementFirst)
    }

    /// Returns false if the request can't be carried out now.
    private mutating func grant(_ wish: MaintenanceMachine.Wish) -> Bool {
        guard let maintenance = snapshot.maintenance else { return false }
        let cause = "maintenance \(maintenance.number)"
        switch wish {
        case .began(let instances):
            record(.maintenanceStarted, cause: cause, ["instances": .init(instances.count)])
        case .start(let old, let binary):
            guard now >= retry.notBefore, let replacement = start(binary: binary, cause: cause) else { return false }
            snapshot.maintenance?.started(replacement, insteadOf: old)
        case .leave(let old):
            leave(old, .maintenance(maintenance.number))
        case .stepDone(let replacement):
            record(
                .maintenanceStep, replacement, cause: cause,
                ["updated": .init(maintenance.updated.count), "remaining": .init(maintenance.queue.count)])
        case .finished(let phase):
            if phase == .completed { snapshot.binary = maintenance.binary }
            record(
                phase == .completed ? .maintenanceCompleted : .maintenanceRolledBack,
                cause: maintenance.reason.isEmpty ? cause : maintenance.reason,
                ["instances": .init(maintenance.updated.count)])
        }
        return true
    }

    /// Reports a failed instance to maintenance. If it was a replacement, the update rolls back, and the old instance
    /// stays if possible.
    mutating func replacementFailed(_ identifier: InstanceIdentifier, why: String) {
        let step = snapshot.maintenance?.step
        guard snapshot.maintenance?.failed(identifier, why: why) == true, let maintenance = snapshot.maintenance else {
            return
        }
        if case .leaving(let old, _) = step, life(old)?.state == .drainingRefuse { endDrain(of: old) }
        let kind: FleetChange.Kind = maintenance.isActive ? .maintenanceRollingBack : .maintenanceRolledBack
        record(kind, cause: maintenance.reason)
    }

    // MARK: - Windows

    var wallClock: Int64? { wallClockBase.map { $0 + Int64(now / .second) } }

    /// Whether maintenance may begin a step. Without windows: always. Until the wall clock has been reported: never.
    var isWindowOpen: Bool {
        guard !settings.windows.isEmpty else { return true }
        guard let wallClock else { return false }
        return settings.windows.contains { $0.isOpen(at: wallClock, zones: zones) }
    }

    /// When the next window opens, on the monotonic clock; nil if nothing waits for it.
    var nextWindowOpening: UInt64? {
        guard maintenance({ $0.view(isWindowOpen: self.isWindowOpen).waitsForWindow }) == true, let wallClockBase,
            let opening = nextOpening
        else { return nil }
        return UInt64(max(opening - wallClockBase, 0)) * .second
    }

    var nextOpening: Int64? {
        wallClock.flatMap { time in settings.windows.compactMap { $0.nextOpening(after: time, zones: zones) }.min() }
    }

    // MARK: - Commands

    mutating func startMaintenance(_ command: FleetCommand, binary: String?, ignoresWindows: Bool) {
        if let active = maintenance({ $0 }) {
            return refuse(
                command,
                "maintenance \(active.number) is going on (\(active.phase.rawValue)): wait for its end, or run "
                    + "'sluice maintenance abort'")
        }
        if let problem = settings.problems(zones: zones).first, !ignoresWindows { return refuse(command, problem) }
        snapshot.maintenance = MaintenanceMachine(
            number: (snapshot.maintenance?.number ?? 0) + 1, binary: binary, previousBinary: snapshot.binary,
            ignoresWindows: ignoresWindows)
        record(.maintenanceRequested, cause: "operator", ["binary": .text(binary ?? "the running one")])
        directives.append(.checkBinary(binary))
    }

    mutating func binaryChecked(_ binary: String?, problem: String?) {
        guard let checking = maintenance({ $0 }), checking.phase == .checking, checking.binary == binary else { return }
        let command = FleetCommand.startMaintenance(binary: binary, now: checking.ignoresWindows)
        if let problem {
            endMaintenance(reason: problem)
            return refuse(command, problem)
        }
        snapshot.maintenance?.checked()
        if isWindowOpen || checking.ignoresWindows {
            return accept(command, "maintenance \(checking.number) begins: instances are replaced one at a time")
        }
        let seconds = wallClock.flatMap { time in nextOpening.map { $0 - time } } ?? 0
        record(.maintenanceWaiting, cause: "maintenance \(checking.number)", ["seconds": .init(Int(seconds))])
        accept(
            command,
            "maintenance \(checking.number) waits for its window, which opens in \(seconds / 3600) h "
                + "\(seconds % 3600 / 60) min; '--now' would have overridden it")
    }

    mutating func pauseMaintenance(_ command: FleetCommand, pause: Bool) {
        guard let active = maintenance({ $0 }), active.phase != .checking else {
            return refuse(command, "no maintenance is going on: 'sluice maintenance start' begins one")
        }
        guard active.isPaused != pause else {
            return refuse(
                command,
                pause
                    ? "maintenance \(active.number) is paused already: 'sluice maintenance resume' goes on"
                    : "maintenance \(active.number) is not paused: nothing to resume")
        }
        if pause { snapshot.maintenance?.pause() } else { snapshot.maintenance?.resume() }
        record(pause ? .maintenancePaused : .maintenanceResumed, cause: "operator")
        let ending = pause && active.step != nil ? "pauses when the instance at hand is replaced" : "is paused"
        accept(command, "maintenance \(active.number) \(pause ? ending : "goes on")")
    }

    mutating func abortMaintenance(_ command: FleetCommand) {
        guard let active = maintenance({ $0 }) else {
            return refuse(command, "no maintenance is going on: there is nothing to abort")
        }
        endMaintenance(reason: "aborted by an operator")
        if active.phase == .checking {
            refuse(
                .startMaintenance(binary: active.binary, now: active.ignoresWindows),
                "maintenance \(active.number) was aborted")
        }
        accept(
            command,
            "maintenance \(active.number) is aborted: \(active.updated.count) instances were replaced, "
                + "\(active.queue.count) keep what they run")
    }

    mutating func endMaintenance(reason: String) {
        if let unneeded = snapshot.maintenance?.abort(reason: reason), life(unneeded)?.state == .starting {
            update(unneeded) { $0.leaving = .notWanted }
            end(unneeded, cause: InstanceLife.Leaving.notWanted.text)
        }
        record(.maintenanceAborted, cause: reason)
    }
}
