import Fleet

/// The controller: the machine, and a shell that can be killed between any two steps.
extension Simulation {
    mutating func startController() {
        let isLost = random.chance(scenario.lostSnapshots)
        if isLost { checks.snapshotLost(now: now) }
        let observed = ObservedFleet(
            instances: FleetMachine.identifiers.compactMap(observe), program: "program \(program)")
        trace(
            "controller starts; \(observed.instances.count) instances are found\(isLost ? ", the snapshot is lost" : "")"
        )
        let (machine, directives) = FleetMachine.restore(
            settings: machineSettings, snapshot: isLost ? nil : saved, observed: observed, zones: { _, _ in 0 },
            now: now)
        controllerLife += 1
        timerDue = nil
        controller = machine
        checks.controllerStarted(now: now)
        carryOut(directives)
        scheduleCheck()
        scheduleTimer()
    }

    private func observe(_ identifier: InstanceIdentifier) -> ObservedInstance? {
        let record = kernel.records[Int(identifier)]
        let process = process(identifier)
        let slabs = kernel.slabs(of: identifier).count
        guard process != nil || slabs > 0 || record.state != .stopped else { return nil }
        return ObservedInstance(
            identifier: identifier, isAlive: process != nil, state: record.state, slabs: slabs,
            answered: process?.answered ?? 0,
            isOutdated: process.map { $0.binary != nil || $0.program != program } ?? false)
    }

    mutating func killController() {
        guard controller != nil else { return }
        trace("controller is killed")
        controller = nil
        controllerLife += 1
        doom = nil
        report.counts.controllerDeaths += 1
        checks.controllerDied(now: now)
        let longest: UInt64 = random.chance(20) ? 60_000 : 4_000
        agenda.add(.controllerStarts, at: now + random.milliseconds(100...longest))
    }

    /// Another version takes over: the running controller hands over, or is killed.
    mutating func upgradeController() {
        guard controller != nil else { return }
        trace("a controller of another version will take over")
        program = 3 - program
        report.counts.upgrades += 1
        killController()
    }

    /// Whether the controller is killed before this step.
    private mutating func isDoomed() -> Bool {
        guard let steps = doom else { return false }
        doom = steps - 1
        return steps <= 0
    }

    mutating func deliver(_ event: FleetEvent) {
        guard var machine = controller else { return }
        if case .seen = event {
        } else if case .tick = event {
        } else if case .sessionsLeft = event {
        } else {
            trace("event: \(event)")
        }
        let directives = machine.handle(event, now: now)
        controller = machine
        carryOut(directives)
        scheduleTimer()
    }

    private mutating func carryOut(_ directives: [FleetDirective]) {
        if !directives.isEmpty, isDoomed() { return killController() }
        saved = controller?.snapshot
        for (index, directive) in directives.enumerated() {
            if isDoomed() {
                // The shell writes events and snapshot in one transaction: a renewal that the snapshot ends is recorded.
                for directive in directives[index...] {
                    if case .record(let change) = directive { checks.savedUnseen(change) }
                }
                return killController()
            }
            perform(directive)
        }
        if let view = controller?.view { checks.seen(view) }
    }

    private mutating func scheduleTimer() {
        guard let timer = controller?.nextTimer, timer != timerDue else { return }
        timerDue = timer
        timerNumber += 1
        if !isQuiet, random.chance(scenario.lostTimers) { return }
        let delay =
            !isQuiet && random.chance(scenario.lateTimers) ? random.milliseconds(1...Scenario.latest / 1_000_000) : 0
        agenda.add(.timer(number: timerNumber), at: max(timer, now) + delay)
    }

    private mutating func scheduleCheck() {
        let delay =
            !isQuiet && random.chance(scenario.lateTimers) ? random.milliseconds(1...Scenario.latest / 1_000_000) : 0
        agenda.add(.check(life: controllerLife), at: now + 1 * .second + delay)
    }

    /// Once a second: heartbeats, and the progress of drains.
    mutating func checkFleet() {
        let life = controllerLife
        for process in processes {
            guard life == controllerLife, let state = state(process.identifier) else { continue }
            let isAwaited = state == .starting || controller?.view.renewal?.current == process.identifier
            if isAwaited, process.isReady(now), !process.isStalled { deliver(.serving(process.identifier)) }
            deliver(.seen(process.identifier, heartbeat: process.heartbeat, answered: process.answered))
            guard life == controllerLife, state.isDraining else { continue }
            let left = kernel.left(process.identifier)
            deliver(.sessionsLeft(process.identifier, live: left.live, tombstones: left.tombstones))
        }
        guard life == controllerLife else { return }
        deliver(.tick)
        if life == controllerLife { scheduleCheck() }
    }

    func state(_ identifier: InstanceIdentifier) -> InstanceState? {
        controller?.view.instances.first { $0.identifier == identifier }?.state
    }

    // MARK: - Directives

    private mutating func perform(_ directed: FleetDirective) {
        guard let directive = sabotage.map({ $0(directed) }) ?? directed else { return }
        switch directive {
        case .ask, .measure: break
        default: trace("directive: \(directive)")
        }
        switch directive {
        case .start(let identifier, let binary): startProcess(identifier, binary: binary)
        case .steer(let identifiers, let first):
            checks.steered(identifiers, first: first)
            kernel.steering = Steering.entries(for: first)
            kernel.steered = identifiers
        case .setState(let identifier, let state):
            let before = kernel.records[Int(identifier)].state
            if state == .ending, before.isDraining {
                checks.drainEndsEarly(identifier, left: kernel.sessions(of: identifier).count, now: now)
            }
            checks.stateChanges(identifier, from: before, to: state, now: now)
            kernel.records[Int(identifier)].state = state
            if state == .stopped { kernel.records[Int(identifier)] = VirtualKernel.Record() }
        case .resetAll(let identifier, let within):
            checks.resetsOrdered(identifier, now: now)
            kernel.records[Int(identifier)].resetAllBy = now + within
        case .repeatResets(let identifier): kernel.records[Int(identifier)].repeatsResets = true
        case .endProcess(let identifier, let kill): endProcess(identifier, kill: kill)
        case .moveSlabs(let from, let heirs): move(from, to: heirs)
        case .discardSessions(let identifier, let reason): discard(identifier, reason)
        case .ask(let identifiers, let number):
            for identifier in identifiers { kernel.records[Int(identifier)].asked = number }
        case .measure: agenda.add(.event(.measured(measurement), life: controllerLife), at: now)
        case .checkBinary(let binary):
            let problem = random.chance(10) && !isQuiet ? "has another layout" : nil
            agenda.add(
                .event(.binaryChecked(binary: binary, problem: problem), life: controllerLife), at: now + 10_000_000)
        case .record(let change): recorded(change)
        case .accept: report.counts.accepted += 1
        case .refuse: report.counts.refused += 1
        }
    }

    private mutating func recorded(_ change: FleetChange) {
        if change.kind == .maintenanceStep { report.counts.maintenanceSteps += 1 }
        if change.kind == .instanceDraining { report.counts.drains += 1 }
        if change.kind == .instanceRenewed { report.counts.renewals += 1 }
        if change.kind == .instanceUnresponsive, let identifier = change.instance {
            report.counts.failures += 1
            checks.foundUnresponsive(identifier, process: process(identifier), now: now)
        }
        checks.recorded(change, serving: kernel.records.count { $0.state == .serving })
    }

    private var measurement: FleetMeasurement {
        let serving = kernel.steered
        let each = load / Double(max(serving.count, 1))
        return FleetMeasurement(
            instances: serving.map { identifier in
                let sessions = kernel.sessions(of: identifier)
                return InstanceMeasurement(
                    identifier: identifier, cpu: min(each, 1), bitsPerSecond: min(each, 1) * 1e9,
                    sessions: sessions.count,
                    longLivedSessions: sessions.count { now - kernel.sessions[$0].bornAt > 90 * .second })
            },
            tableSessions: kernel.inUse, tableCapacity: VirtualKernel.slabCount * VirtualKernel.slotsPerSlab)
    }

    private mutating func move(_ from: InstanceIdentifier, to heirs: [InstanceIdentifier]) {
        checks.slabsTaken(from: from, isAlive: process(from) != nil, heirs: heirs, records: kernel.records)
        let slabs = kernel.slabs(of: from)
        let sessions = kernel.sessions(of: from).count
        for (index, slab) in slabs.enumerated() where !heirs.isEmpty {
            kernel.slabs[slab].owner = heirs[index % heirs.count]
        }
        handshakes.move(from: from, to: heirs)
        report.counts.moved += sessions
        agenda.add(
            .event(.emptied(from, sessions: sessions), life: controllerLife), at: now + random.milliseconds(0...50))
    }

    private mutating func discard(_ identifier: InstanceIdentifier, _ reason: DiscardReason) {
        checks.slabsTaken(from: identifier, isAlive: process(identifier) != nil, heirs: nil, records: kernel.records)
        let sessions = kernel.sessions(of: identifier)
        checks.discarded(identifier, reason, sessions: sessions.map { kernel.sessions[$0] }, now: now)
        for session in sessions { kernel.remove(session) }
        for slab in kernel.slabs(of: identifier) { kernel.slabs[slab].owner = 0 }
        discardHandshakes(of: identifier)
        report.counts.discarded += sessions.count
        agenda.add(
            .event(.emptied(identifier, sessions: sessions.count), life: controllerLife),
            at: now + random.milliseconds(0...50))
    }
}
