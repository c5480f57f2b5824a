/// Commands of operators, and why one is refused.
extension FleetMachine {
    mutating func requested(_ command: FleetCommand) {
        switch command {
        case .scale(let count): scale(command, to: count)
        case .prescale(let capacity): prescale(command, capacity)
        case .drain(let identifier): drain(command, identifier)
        case .cancelDrain(let identifier): cancelDrain(command, identifier)
        case .stop(let identifier): stop(command, identifier)
        case .startMaintenance(let binary, let now): startMaintenance(command, binary: binary, ignoresWindows: now)
        case .pauseMaintenance: pauseMaintenance(command, pause: true)
        case .resumeMaintenance: pauseMaintenance(command, pause: false)
        case .abortMaintenance: abortMaintenance(command)
        }
    }

    mutating func accept(_ command: FleetCommand, _ text: String) { directives.append(.accept(command, text)) }
    mutating func refuse(_ command: FleetCommand, _ text: String) { directives.append(.refuse(command, text)) }

    // MARK: - Capacity

    private mutating func scale(_ command: FleetCommand, to count: Int) {
        let capacity = snapshot.capacity
        guard (capacity.minimum...capacity.maximum).contains(count) else {
            return refuse(
                command,
                "\(count) instances are outside the fleet's capacity of \(capacity.minimum) to \(capacity.maximum): "
                    + "'sluice fleet prescale --min N --max M' changes it")
        }
        setDesired(count, cause: "operator")
        accept(command, "\(count) instances are to serve; \(serving.count) serve now")
    }

    private mutating func prescale(_ command: FleetCommand, _ capacity: CapacityRange) {
        if let problem = capacity.problem { return refuse(command, problem) }
        setCapacity(capacity, cause: "operator")
        accept(
            command,
            "the fleet's capacity is \(capacity.minimum) to \(capacity.maximum) instances; \(snapshot.desired) are to serve"
        )
    }

    // MARK: - Leaving

    private mutating func drain(_ command: FleetCommand, _ identifier: InstanceIdentifier) {
        guard let life = life(identifier) else { return refuse(command, unknown(identifier)) }
        if life.state.isDraining {
            return refuse(command, "instance \(identifier) drains already: 'sluice instance list' shows how far it is")
        }
        guard life.state == .serving else {
            return refuse(command, "instance \(identifier) is \(life.state.name): only one that serves can be drained")
        }
        if let problem = leavingProblem(identifier) { return refuse(command, problem) }
        let replaced = giveUpOne()
        leave(identifier, .drained)
        accept(command, "instance \(identifier) \(leavingText)\(replaced)")
    }

    private mutating func stop(_ command: FleetCommand, _ identifier: InstanceIdentifier) {
        guard let life = life(identifier) else { return refuse(command, unknown(identifier)) }
        guard !life.isOut else { return refuse(command, "instance \(identifier) is ending already") }
        if life.state == .serving {
            if let problem = leavingProblem(identifier) { return refuse(command, problem) }
        } else if isPartOfStep(identifier), let number = snapshot.maintenance?.number {
            return refuse(
                command, "instance \(identifier) belongs to maintenance \(number): 'sluice maintenance abort' ends that"
            )
        }
        let replaced = life.state.isDraining ? "" : giveUpOne()
        update(identifier) { $0.leaving = .stopped }
        end(identifier, cause: InstanceLife.Leaving.stopped.text)
        accept(command, "instance \(identifier) ends now\(replaced)")
    }

    private var leavingText: String {
        settings.continuity == .preserve
            ? "ends, and the others take over its sessions"
            : "drains: it refuses new sessions for \(secondsText(settings.drain.refuse))"
                + (settings.drain.reset > 0
                    ? ", then resets its own for \(secondsText(settings.drain.reset))" : ", then drops its own")
    }

    /// Reduces the wanted number by one if the minimum allows it, and returns the second half of the answer.
    private mutating func giveUpOne() -> String {
        guard snapshot.desired > snapshot.capacity.minimum else {
            return "; another takes its place, as the fleet's minimum is \(snapshot.capacity.minimum)"
        }
        setDesired(snapshot.desired - 1, cause: "operator")
        return ""
    }

    private func unknown(_ identifier: InstanceIdentifier) -> String {
        let all = snapshot.instances.map { String($0.identifier) }.joined(separator: ", ")
        return "there is no instance \(identifier): there are \(all.isEmpty ? "none" : all) ('sluice instance list')"
    }

    private func isPartOfStep(_ identifier: InstanceIdentifier) -> Bool {
        switch maintenance({ $0.step }) {
        case .surging(let old, let replacement): old == identifier || replacement == identifier
        case .leaving(let old, let replacement): old == identifier || replacement == identifier
        case .replacing(let replacement): replacement == identifier
        case nil: false
        }
    }

    /// Why a serving instance can't leave now.
    private func leavingProblem(_ identifier: InstanceIdentifier) -> String? {
        if serving == [identifier] {
            return
                "instance \(identifier) is the last one that serves: without it no instance would take new sessions; run "
                + "'sluice fleet scale --instances \(max(2, snapshot.capacity.minimum))' first, or wait until another serves"
        }
        if let other = leavingInstance {
            let cancel =
                other.state == .drainingRefuse
                ? ", or cancel that with 'sluice instance drain \(other.identifier) --cancel'" : ""
            return
                "instance \(other.identifier) is leaving (\(other.state.name), \(other.cause)), and only one may at a "
                + "time: wait until it is gone\(cancel)"
        }
        if let renewing {
            return
                "instance \(renewing.identifier) is being renewed, which takes a moment, and only one may be away at a time: "
                + "try again in a few seconds"
        }
        if let number = maintenance({ $0.step == nil ? nil : $0.number }) {
            return "maintenance \(number) is replacing an instance: 'sluice maintenance pause', wait until that one is "
                + "done, then try again"
        }
        return nil
    }

    // MARK: - Cancelling

    private mutating func cancelDrain(_ command: FleetCommand, _ identifier: InstanceIdentifier) {
        guard let life = life(identifier) else { return refuse(command, unknown(identifier)) }
        switch life.state {
        case .drainingRefuse: break
        case .drainingReset:
            return refuse(
                command,
                "instance \(identifier) resets its sessions already: a drain can be cancelled only while it refuses")
        case .ending, .unresponsive, .starting, .serving, .stopped:
            return refuse(command, "instance \(identifier) does not drain: it is \(life.state.name)")
        }
        if isPartOfStep(identifier), let number = snapshot.maintenance?.number {
            return refuse(
                command,
                "instance \(identifier) drains for maintenance \(number): its replacement serves already; "
                    + "'sluice maintenance abort' keeps the others from being replaced")
        }
        endDrain(of: identifier)
        let present = serving.count + starting.count
        if present > snapshot.desired {
            setDesired(snapshot.capacity.clamp(present), cause: "operator")
        }
        accept(command, "instance \(identifier) serves again")
    }

    /// Cancels a drain that is still refusing.
    mutating func endDrain(of identifier: InstanceIdentifier) {
        update(identifier) {
            $0.drain = nil
            $0.leaving = nil
        }
        record(.drainCancelled, identifier, cause: "operator")
        move(identifier, to: .serving, cause: "drain cancelled")
    }
}
