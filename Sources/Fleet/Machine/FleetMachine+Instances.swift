extension FleetMachine {
    // MARK: - Instances

    var serving: [InstanceIdentifier] { identifiers(in: .serving) }
    var starting: [InstanceIdentifier] { identifiers(in: .starting) }

    private func identifiers(in state: InstanceState) -> [InstanceIdentifier] {
        snapshot.instances.compactMap { $0.state == state ? $0.identifier : nil }
    }

    /// The instance that drains, or ends after a drain. No other may begin to leave.
    var leavingInstance: InstanceLife? { snapshot.instances.first(where: \.isLeaving) }

    func life(_ identifier: InstanceIdentifier) -> InstanceLife? {
        snapshot.instances.first { $0.identifier == identifier }
    }

    mutating func update(_ identifier: InstanceIdentifier, _ change: (inout InstanceLife) -> Void) {
        guard let index = snapshot.instances.firstIndex(where: { $0.identifier == identifier }) else { return }
        change(&snapshot.instances[index])
    }

    // MARK: - Events and directives

    mutating func record(
        _ kind: FleetChange.Kind, _ instance: InstanceIdentifier? = nil, cause: String,
        _ details: [String: FleetChange.Detail] = [:]
    ) {
        directives.append(
            .record(FleetChange(time: now, kind: kind, instance: instance, cause: cause, details: details)))
    }

    /// The known counts of an instance, for the history.
    func counts(_ identifier: InstanceIdentifier) -> [String: FleetChange.Detail] {
        guard let measured = lastMeasurement?.instances.first(where: { $0.identifier == identifier }) else {
            return [:]
        }
        return [
            "sessions": .init(measured.sessions), "longLivedSessions": .init(measured.longLivedSessions),
        ]
    }

    /// Moves an instance to a state. If this changes which instances take new sessions, steering changes at once: after
    /// an instance is ready, and before anything is done to it.
    mutating func move(_ identifier: InstanceIdentifier, to state: InstanceState, cause: String) {
        let before = serving
        update(identifier) { [now] in
            $0.become(state, cause: cause, now: now)
            $0.renewal = nil
        }
        let change = FleetDirective.setState(identifier, state)
        // The controller may die between the two directives. Steering must always point to serving instances.
        directives +=
            serving == before ? [change] : state == .serving ? [change, steer(serving)] : [steer(serving), change]
    }

    // MARK: - Starting

    /// Starts an instance; nil if all identifiers are in use.
    @discardableResult
    mutating func start(
        binary: String?, cause: String, recovers: LostInstance? = nil
    ) -> InstanceIdentifier? {
        let used = Set(snapshot.instances.map(\.identifier))
        guard let identifier = FleetMachine.identifiers.first(where: { !used.contains($0) }) else { return nil }
        var life = InstanceLife(identifier: identifier, binary: binary, cause: cause, now: now)
        life.deadline = now + settings.recovery.startTimeout
        life.recovers = recovers
        let index = snapshot.instances.firstIndex { $0.identifier > identifier } ?? snapshot.instances.endIndex
        snapshot.instances.insert(life, at: index)
        outdated.remove(identifier)
        record(.instanceStarting, identifier, cause: cause)
        directives += [.setState(identifier, .starting), .start(identifier, binary: binary)]
        return identifier
    }

    /// 50 may serve. The others are for instances that start while another one still leaves.
    package static let identifiers: ClosedRange<InstanceIdentifier> = 1...63

    mutating func instanceServes(_ identifier: InstanceIdentifier) {
        guard let life = life(identifier) else { return }
        if let renewal = life.renewal, renewal.step == .starting { return renewed(life, renewal) }
        guard life.state == .starting else { return }
        update(identifier) { $0.deadline = nil }
        liveness[identifier] = Liveness(now: now)
        retry.succeeded()
        autoscaler.forget()
        record(
            .instanceServing, identifier, cause: life.cause,
            ["startMilliseconds": .init(Int((now - life.since) / 1_000_000))])
        move(identifier, to: .serving, cause: life.cause)
        guard let recovered = life.recovers else { return }
        update(identifier) { $0.recovers = nil }
        record(
            .instanceRecovered, recovered.identifier, cause: "instance \(identifier) serves in its place",
            ["millisecondsSinceFound": .init(Int((now - min(now, recovered.failedAt)) / 1_000_000))])
    }

    // MARK: - Leaving

    /// Starts the leaving of an instance: by a drain, or, if sessions are preserved, by ending it and handing its
    /// sessions over.
    mutating func leave(_ identifier: InstanceIdentifier, _ leaving: InstanceLife.Leaving) {
        update(identifier) { $0.leaving = leaving }
        guard settings.continuity == .disruptive else { return end(identifier, cause: leaving.text) }
        update(identifier) { [now, settings] in $0.drain = DrainMachine(times: settings.drain, now: now) }
        record(.instanceDraining, identifier, cause: leaving.text, counts(identifier))
        move(identifier, to: .drainingRefuse, cause: leaving.text)
    }

    /// Ends an instance's process. Its sessions are handed over or discarded when the process is gone.
    mutating func end(_ identifier: InstanceIdentifier, cause: String, kill: Bool = false) {
        record(.instanceEnding, identifier, cause: cause, counts(identifier))
        move(identifier, to: .ending, cause: cause)
        update(identifier) { [now, settings] in $0.deadline = now + settings.recovery.endGrace }
        directives.append(.endProcess(identifier, kill: kill))
    }

    // MARK: - What is due

    mutating func advanceInstances() {
        for life in snapshot.instances {
            switch life.state {
            case .stopped: break
            case .serving:
                if let renewal = life.renewal, isOver(life.deadline) { advanceRenewal(life, renewal) }
            case .starting: if isOver(life.deadline) { startFailed(life.identifier, startIsLate: true) }
            case .drainingRefuse, .drainingReset: advanceDrain(life.identifier)
            case .ending, .unresponsive:
                guard !life.isProcessGone, isOver(life.deadline) else { break }
                update(life.identifier) { [now, settings] in $0.deadline = now + settings.recovery.endGrace }
                directives.append(.endProcess(life.identifier, kill: true))
            }
        }
    }

    private func isOver(_ deadline: UInt64?) -> Bool { deadline.map { now >= $0 } ?? false }

    private mutating func advanceDrain(_ identifier: InstanceIdentifier) {
        while let drain = life(identifier)?.drain, drain.phase != .over {
            var drain = drain
            let step = drain.advance(now: now)
            update(identifier) { $0.drain = drain }
            guard let step else { return }
            carryOut(step, of: identifier)
        }
    }

    mutating func carryOut(_ step: DrainMachine.Step, of identifier: InstanceIdentifier) {
        let cause = life(identifier)?.cause ?? ""
        switch step {
        case .resetAll(let within):
            if life(identifier)?.state == .drainingRefuse {
                record(.instanceResetting, identifier, cause: cause, sessionsLeft(identifier))
                move(identifier, to: .drainingReset, cause: cause)
            }
            directives.append(.resetAll(identifier, within: within))
        case .repeatResets: directives.append(.repeatResets(identifier))
        case .recycle: end(identifier, cause: cause)
        }
    }

    private func sessionsLeft(_ identifier: InstanceIdentifier) -> [String: FleetChange.Detail] {
        guard let live = life(identifier)?.drain?.live else { return [:] }
        return ["sessions": .init(live)]
    }

    // MARK: - Sessions of ended instances

    /// Hands over or discards the sessions of every instance whose process is gone. The directive is repeated until the
    /// shell reports that it is done. If no instance can take the sessions over, it waits; the kernel forwards them
    /// meanwhile.
    mutating func handOverSessions() {
        for life in snapshot.instances where life.isOut && life.isProcessGone {
            guard life.deadline == nil || isOver(life.deadline) else { continue }
            switch settings.continuity {
            case .disruptive:
                directives.append(
                    .discardSessions(of: life.identifier, reason: life.leaving?.discardReason ?? .instanceLost))
            case .preserve:
                let heirs = serving
                guard !heirs.isEmpty else {
                    update(life.identifier) { $0.deadline = nil }
                    continue
                }
                directives.append(.moveSlabs(from: life.identifier, to: heirs))
            }
            update(life.identifier) { [now, settings] in $0.deadline = now + settings.recovery.endGrace }
        }
    }

    mutating func instanceEmptied(_ identifier: InstanceIdentifier, sessions: Int) {
        guard let life = life(identifier), life.isOut, life.isProcessGone else { return }
        let kind: FleetChange.Kind = settings.continuity == .preserve ? .sessionsMoved : .sessionsDiscarded
        if sessions > 0 { record(kind, identifier, cause: life.cause, ["sessions": .init(sessions)]) }
        record(.instanceStopped, identifier, cause: life.cause, ["sessions": .init(sessions)])
        move(identifier, to: .stopped, cause: life.cause)
        snapshot.instances.removeAll { $0.identifier == identifier }
        liveness[identifier] = nil
    }
}
