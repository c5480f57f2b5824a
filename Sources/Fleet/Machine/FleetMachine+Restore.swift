/// The start of a controller: the pinned maps and the living processes are the truth; the snapshot says what was
/// intended (RECOV-3).
extension FleetMachine {
    /// Creates a machine that continues where another one stopped, or starts afresh; and returns the directives that are
    /// due at once.
    ///
    /// `observed` takes precedence over the snapshot. A living process that the snapshot does not know is adopted. One
    /// that the snapshot knows and that is gone has failed. Directives that may not have been carried out are given
    /// again. If nothing at all is observed (first start, reboot, clean stop), only capacity, binary and maintenance
    /// that has not begun are taken from the snapshot.
    package static func restore(
        settings: FleetSettings, snapshot: FleetSnapshot?, observed: ObservedFleet, zones: @escaping ZoneOffsets,
        now: UInt64
    ) -> (machine: FleetMachine, directives: [FleetDirective]) {
        let known = snapshot.flatMap { $0.version == FleetSnapshot.currentVersion ? $0 : nil }
        var machine = FleetMachine(
            settings: settings, snapshot: known ?? FleetSnapshot(configured: settings.capacity), zones: zones, now: now)
        machine.blamesFrom = now + settings.recovery.questionInterval / 2
        machine.renewsFrom = machine.blamesFrom
        machine.program = observed.program
        machine.outdated = Set(observed.instances.filter(\.isOutdated).map(\.identifier))
        if machine.snapshot.renewalStop?.program != observed.program { machine.snapshot.renewalStop = nil }
        machine.questionNumber = observed.instances.map(\.answered).max() ?? 0
        if observed.instances.isEmpty {
            machine.beginAnew()
        } else {
            machine.takeOver(observed)
        }
        machine.settingsChanged(settings)
        machine.settle()
        let directives = machine.takeDirectives()
        return (machine, directives)
    }

    /// Discards all former state.
    private mutating func beginAnew() {
        snapshot.instances = []
        snapshot.lost = []
        if maintenance({ $0.phase != .waiting }) == true {
            endMaintenance(reason: "the gateway was stopped in the middle of it")
        }
    }

    private mutating func takeOver(_ observed: ObservedFleet) {
        for found in observed.instances where life(found.identifier) == nil { adopt(found) }
        let alive = Set(observed.instances.filter(\.isAlive).map(\.identifier))
        // The previous controller may have died between the cancellation of a drain and its execution: only serving
        // instances are steered to.
        let ready = serving.filter { alive.contains($0) || life($0)?.renewal != nil }
        directives += ready.map { .setState($0, .serving) }
        directives.append(steer(ready))
        record(
            .fleetRestored, cause: "controller started",
            ["instances": .init(snapshot.instances.count), "alive": .init(alive.count)])
        for identifier in snapshot.instances.map(\.identifier) {
            // What was found of one instance may change another: a lost replacement cancels a drain.
            if let life = life(identifier) { goOn(life, isAlive: alive.contains(identifier)) }
        }
        if let maintenance = maintenance({ $0 }), maintenance.phase == .checking {
            directives.append(.checkBinary(maintenance.binary))
        }
    }

    /// Adopts an instance that the snapshot does not know.
    private mutating func adopt(_ found: ObservedInstance) {
        guard found.isAlive || found.slabs > 0 || (found.state ?? .stopped) != .stopped else { return }
        var life = InstanceLife(identifier: found.identifier, binary: nil, cause: "found by the controller", now: now)
        switch found.state {
        case .serving: life.adopt(.serving)
        case .drainingRefuse:
            life.adopt(.drainingRefuse)
            life.drain = DrainMachine(times: settings.drain, now: now)
            life.leaving = .scaleIn
        case .drainingReset:
            life.adopt(.drainingReset)
            life.drain = DrainMachine(resettingWith: settings.drain, now: now)
            life.leaving = .scaleIn
        case .ending: life.adopt(.ending)
        case .unresponsive: life.adopt(.unresponsive)
        case .starting, .stopped, nil: life.adopt(found.isAlive ? .starting : .ending)
        }
        if life.isOut { life.leaving = .failed }
        let index = snapshot.instances.firstIndex { $0.identifier > life.identifier } ?? snapshot.instances.endIndex
        snapshot.instances.insert(life, at: index)
        record(.instanceAdopted, found.identifier, cause: "unknown to the snapshot", ["slabs": .init(found.slabs)])
    }

    /// Repeats the directives that may not have been carried out for an instance.
    private mutating func goOn(_ life: InstanceLife, isAlive: Bool) {
        let identifier = life.identifier
        switch life.state {
        case .stopped: break
        case .starting:
            update(identifier) { [now, settings] in $0.deadline = now + settings.recovery.startTimeout }
            directives += [.setState(identifier, .starting), .start(identifier, binary: life.binary)]
        case .serving, .drainingRefuse, .drainingReset:
            if let renewal = life.renewal { return goOnRenewing(life, renewal, isAlive: isAlive) }
            guard isAlive else { return lose(identifier, why: ProcessEnd.missing.text, isProcessGone: true) }
            // Its heartbeat says whether it is alive, even after several controllers have died.
            liveness[identifier] = Liveness(now: 0)
            if life.state != .serving { directives.append(.setState(identifier, life.state)) }
            var drain = life.drain
            let step = drain?.unfinishedStep(now: now)
            update(identifier) { $0.drain = drain }
            if let step { carryOut(step, of: identifier) }
        case .ending, .unresponsive:
            update(identifier) { [now, settings] in
                $0.isProcessGone = !isAlive
                $0.deadline = isAlive ? now + settings.recovery.endGrace : nil
            }
            directives.append(.setState(identifier, life.state))
            if isAlive { directives.append(.endProcess(identifier, kill: life.state == .unresponsive)) }
        }
    }
}
