/// Renews instances in place, one at a time, after a controller of another program version has taken over (PKG-3). No
/// session ends, moves or is reset, in `disruptive` too. Instances that run a binary chosen by maintenance keep it.
extension FleetMachine {
    /// Whether the fleet runs the controller's own program, not a binary chosen by maintenance.
    package var runsOwnProgram: Bool { snapshot.binary == nil }

    /// The instance that is being renewed.
    var renewing: InstanceLife? { snapshot.instances.first { $0.renewal != nil } }

    private var renewable: [InstanceIdentifier] {
        snapshot.instances.filter { $0.binary == nil && !$0.isOut && outdated.contains($0.identifier) }
            .map(\.identifier)
    }

    /// Begins to renew the next instance, unless something else is in progress.
    mutating func renewNext() {
        guard snapshot.renewalStop == nil, now >= renewsFrom, renewing == nil, renewalObstacle == nil,
            let next = renewable.first
        else { return }
        record(.instanceRenewing, next, cause: FleetMachine.renewalCause, counts(next))
        goOnEnding(next, since: now)
    }

    private static let renewalCause = "the controller runs another program"

    /// Why no instance can be renewed now. Maintenance that waits for its window does not count.
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

    /// The old process of an instance that is being renewed has ended.
    mutating func renewingProcessEnded(_ life: InstanceLife, _ renewal: Renewal, _ end: ProcessEnd) {
        switch renewal.step {
        case .ending: startRenewed(life.identifier)
        case .starting: renewalFailed(life.identifier, why: end.text, isProcessGone: true)
        }
    }

    /// Handles the deadlines of a renewal: a process that does not end is killed; one that does not serve has failed.
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

    /// The instance is recovered like any other that fails. The remaining instances keep their program.
    private mutating func renewalFailed(_ identifier: InstanceIdentifier, why: String, isProcessGone: Bool) {
        let reason = "instance \(identifier) \(why) after its renewal"
        snapshot.renewalStop = RenewalStop(program: program, reason: reason)
        outdated.remove(identifier)
        record(.renewalStopped, cause: reason, ["remaining": .init(renewable.count)])
        lose(identifier, why: "\(why) after its renewal", isProcessGone: isProcessGone)
    }

    /// Continues a renewal during which the previous controller died.
    mutating func goOnRenewing(_ life: InstanceLife, _ renewal: Renewal, isAlive: Bool) {
        // A process that was asked to end will end, even if it runs this controller's program (after a return to an
        // earlier version).
        if isAlive, renewal.step == .ending || outdated.contains(life.identifier) {
            goOnEnding(life.identifier, since: renewal.since)
        } else {
            startRenewed(life.identifier)
        }
    }

    /// nil: no instance needs a renewal, and no problem has stopped the renewals.
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
