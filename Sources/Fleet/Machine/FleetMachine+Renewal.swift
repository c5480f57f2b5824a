/// Renews instances in place, one at a time, after a controller of another program has taken over (PKG-3): also in `disruptive`, no session
/// ends, moves or is reset. Whoever runs a binary that maintenance gave it keeps it.
extension FleetMachine {
    /// Whether the fleet runs the controller's own program, and none that maintenance has brought.
    package var runsOwnProgram: Bool { snapshot.binary == nil }

    /// The instance that is being renewed.
    var renewing: InstanceLife? { snapshot.instances.first { $0.renewal != nil } }

    private var renewable: [InstanceIdentifier] {
        snapshot.instances.filter { $0.binary == nil && !$0.isOut && outdated.contains($0.identifier) }
            .map(\.identifier)
    }

    /// Begins with the next one, where nothing else is under way.
    mutating func renewNext() {
        guard snapshot.renewalStop == nil, now >= renewsFrom, renewing == nil, renewalObstacle == nil,
            let next = renewable.first
        else { return }
        record(.instanceRenewing, next, cause: FleetMachine.renewalCause, counts(next))
        goOnEnding(next, since: now)
    }

    private static let renewalCause = "the controller runs another program"

    /// Why none can be renewed now. Maintenance that waits for its window has begun nothing.
    private var renewalObstacle: String? {
        if let busy = snapshot.instances.first(where: { $0.state != .serving }) {
            return "instance \(busy.identifier), which is \(busy.state.name)"
        }
        if missing != 0 || !snapshot.lost.isEmpty { return "the fleet to have \(snapshot.desired) instances" }
        return maintenance { $0.phase == .waiting ? nil : "the end of maintenance \($0.number)" }
    }

    private mutating func goOnEnding(_ identifier: InstanceIdentifier, since: UInt64) {
        liveness[identifier] = nil
        update(identifier) { [now, settings] in
            $0.renewal = Renewal(since: since)
            $0.deadline = now + settings.recovery.endGrace
        }
        directives.append(.endProcess(identifier, kill: false))
    }

    private mutating func startRenewed(_ identifier: InstanceIdentifier) {
        update(identifier) { [now, settings] in
            $0.renewal?.step = .starting
            $0.deadline = now + settings.recovery.startTimeout
        }
        directives.append(.start(identifier, binary: nil))
    }

    /// The process of an instance that is being renewed has ended.
    mutating func renewingProcessEnded(_ life: InstanceLife, _ renewal: Renewal, _ end: ProcessEnd) {
        switch renewal.step {
        case .ending: startRenewed(life.identifier)
        case .starting: renewalFailed(life.identifier, why: end.text, isProcessGone: true)
        }
    }

    /// What is due of a renewal: a process that does not end is killed, one that does not serve has failed.
    mutating func advanceRenewal(_ life: InstanceLife, _ renewal: Renewal) {
        let identifier = life.identifier
        switch renewal.step {
        case .ending:
            update(identifier) { [now, settings] in $0.deadline = now + settings.recovery.endGrace }
            directives.append(.endProcess(identifier, kill: true))
        case .starting:
            let why = "did not serve within \(secondsText(settings.recovery.startTimeout))"
            renewalFailed(identifier, why: why, isProcessGone: false)
        }
    }

    /// The new process serves.
    mutating func renewed(_ life: InstanceLife, _ renewal: Renewal) {
        let identifier = life.identifier
        update(identifier) {
            $0.renewal = nil
            $0.deadline = nil
        }
        outdated.remove(identifier)
        liveness[identifier] = Liveness(now: now)
        record(
            .instanceRenewed, identifier, cause: FleetMachine.renewalCause,
            ["milliseconds": .init(Int((now - min(now, renewal.since)) / 1_000_000))])
        if renewable.isEmpty { record(.renewalCompleted, cause: FleetMachine.renewalCause) }
    }

    /// It is recovered like any other that fails, and the others stay as they are.
    private mutating func renewalFailed(_ identifier: InstanceIdentifier, why: String, isProcessGone: Bool) {
        let reason = "instance \(identifier) \(why) after its renewal"
        snapshot.renewalStop = RenewalStop(program: program, reason: reason)
        outdated.remove(identifier)
        record(.renewalStopped, cause: reason, ["remaining": .init(renewable.count)])
        lose(identifier, why: "\(why) after its renewal", isProcessGone: isProcessGone)
    }

    /// Goes on where a controller died amid a renewal.
    mutating func goOnRenewing(_ life: InstanceLife, _ renewal: Renewal, isAlive: Bool) {
        // One that was told to end will, also where it runs this controller's program: after a step back to an earlier version.
        if isAlive, renewal.step == .ending || outdated.contains(life.identifier) {
            goOnEnding(life.identifier, since: renewal.since)
        } else {
            startRenewed(life.identifier)
        }
    }

    /// nil: there is nothing to be renewed, and nothing has stopped it.
    var renewalView: RenewalView? {
        let (remaining, current) = (renewable, renewing?.identifier)
        let stop = remaining.isEmpty ? nil : snapshot.renewalStop
        guard !remaining.isEmpty || current != nil else { return nil }
        return RenewalView(
            remaining: remaining, current: current,
            waitsFor: current == nil && stop == nil ? renewalObstacle : nil,
            problem: stop.map {
                "\($0.reason): \(remaining.count) other instances stay with the program that they run; "
                    + "'sluice maintenance start' replaces them, and the sessions of each end as documented or go to others"
            })
    }
}
