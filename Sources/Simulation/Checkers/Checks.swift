import Fleet

/// Checks after every step what must never happen, and what must happen in time. It knows the scenario, but not how the
/// machine works.
struct Checks {
    let scenario: Scenario
    /// The first violation.
    private(set) var violation: String?

    var drains: [InstanceIdentifier: DrainWatch] = [:]
    var failures: [FailureWatch] = []
    /// Instances that are being renewed, without any other fault since.
    private var renewing: Set<InstanceIdentifier> = []
    var downtime = Downtime()
    var controllerStartedAt: UInt64 = 0
    var pauses: [(from: UInt64, until: UInt64)] = []
    private var view: FleetView?

    init(scenario: Scenario) { self.scenario = scenario }

    mutating func fail(_ text: String) { if violation == nil { violation = text } }

    /// How late something may be: checks run once a second, processes end slowly, timers are late or lost.
    var slack: UInt64 {
        2 * .second + (scenario.lateTimers > 0 ? Scenario.latest + 1 * .second : 0)
            + (scenario.lostTimers > 0 ? 2 * .second : 0)
    }

    private var isPreserve: Bool { scenario.settings.continuity == .preserve }

    // MARK: - Sessions

    /// FLEET-1, DRAIN-1.
    mutating func admitted(to instance: InstanceIdentifier, state: InstanceState) {
        if state != .serving { fail("a new session was given to instance \(instance), which is \(state.name)") }
    }

    /// FLEET-1: as long as an instance serves, new sessions are steered to one.
    mutating func steered(_ serving: [InstanceIdentifier], first: [InstanceIdentifier]) {
        if first.isEmpty != serving.isEmpty || !first.allSatisfy(serving.contains) {
            fail("new sessions are steered first to instances \(first), but those that serve are \(serving)")
        }
    }

    /// No session has two owners: slabs are taken only from processes that are gone, and given only to serving
    /// instances.
    mutating func slabsTaken(
        from: InstanceIdentifier, isAlive: Bool, heirs: [InstanceIdentifier]?, records: [VirtualKernel.Record]
    ) {
        if isAlive { fail("the slabs of instance \(from) are taken while its process lives: they have two owners") }
        guard let heirs else { return }
        if heirs.isEmpty { fail("the slabs of instance \(from) are given to no instance") }
        for heir in heirs where records[Int(heir)].state != .serving {
            fail("the slabs of instance \(from) are given to instance \(heir), which doesn't serve")
        }
    }

    /// KEEP-1: no session is lost. DRAIN-2: an end with keep-alives knows before the instance ends.
    mutating func discarded(
        _ identifier: InstanceIdentifier, _ reason: DiscardReason, sessions: [VirtualSession], now: UInt64
    ) {
        defer { drains[identifier] = nil }
        if isPreserve, !sessions.isEmpty {
            return fail("\(sessions.count) sessions of instance \(identifier) are discarded, though they are preserved")
        }
        let drain = scenario.settings.drain
        guard reason == .drained, drain.reset >= 45 * .second, let watch = drains[identifier], !watch.isDisturbed else {
            return
        }
        let unaware = sessions.filter { session in
            guard let keepAlive = session.keepAlive else { return false }
            return keepAlive <= 30 * .second && session.bornAt < watch.began && !session.areBothAware
        }
        if let session = unaware.first {
            fail(
                "\(unaware.count) sessions of the drained instance \(identifier) have keep-alives, and an end of session "
                    + "\(session.number) never received a RST")
        }
    }

    mutating func resetSent() {
        if isPreserve { fail("a session is reset by a drain, though sessions are preserved") }
    }

    // MARK: - Renewal

    mutating func renewalBegins(_ identifier: InstanceIdentifier) { renewing.insert(identifier) }

    /// Another fault hit the instance: it may be lost because of that.
    mutating func renewalDisturbed(_ identifier: InstanceIdentifier) { renewing.remove(identifier) }
    mutating func renewalsDisturbed() { renewing = [] }

    /// PKG-3: an instance is not lost because of its renewal.
    private mutating func renewalRecorded(_ change: FleetChange) {
        guard let identifier = change.instance, renewing.contains(identifier) else { return }
        switch change.kind {
        case .instanceRenewed: renewing.remove(identifier)
        case .instanceUnresponsive, .instanceDraining, .instanceEnding:
            fail("instance \(identifier) is removed while it is being renewed: \(change.cause)")
        default: break
        }
    }

    /// A change that was saved with the snapshot. The controller died before its other directives.
    mutating func savedUnseen(_ change: FleetChange) {
        if change.kind == .instanceRenewed, let identifier = change.instance { renewing.remove(identifier) }
    }

    // MARK: - Half-open sessions

    /// BAD-8: admission never assumes fewer half-open sessions than exist, so its number is never negative.
    mutating func tallied(_ estimate: Int, halfOpen: Int) {
        if estimate < halfOpen {
            fail("the count is \(estimate) half-open sessions, but there are \(halfOpen): some were missed")
        }
    }

    /// BAD-8: without activity, the number that admission uses is exact.
    mutating func restingTally(_ estimate: Int, halfOpen: Int) {
        if estimate != halfOpen {
            fail("without activity the count is \(estimate) half-open sessions, but there are \(halfOpen)")
        }
    }

    // MARK: - Processes

    mutating func startedBeside(_ process: VirtualProcess) {
        if process.isSignalled {
            fail("instance \(process.identifier) is started while its old process is still ending")
        }
    }

    /// Not more than wanted, plus the one that maintenance adds.
    mutating func started(_ view: FleetView) {
        let count = view.instances.count { $0.state == .serving || $0.state == .starting }
        let isMaintained = view.maintenance.map { !$0.phase.isOver } ?? false
        // After the capacity was reduced, more instances may serve for a while.
        let serving = view.instances.count { $0.state == .serving }
        if count > max(view.desired, serving) + (isMaintained ? 1 : 0) {
            fail("\(count) instances serve or start, but \(view.desired) are wanted")
        }
    }

    /// SCALE-2.
    mutating func seen(_ view: FleetView) {
        self.view = view
        let capacity = view.capacity
        if !(capacity.minimum...capacity.maximum).contains(view.desired) {
            fail("\(view.desired) instances are wanted, outside \(capacity.minimum) to \(capacity.maximum)")
        }
        if let problem = capacity.problem { fail("the capacity is not valid: \(problem)") }
        if view.instances.count(where: { $0.state.isDraining }) > 1 { fail("two instances drain at once") }
    }

    /// MAINT-1: before maintenance takes an instance away, the fleet is larger than its minimum.
    mutating func recorded(_ change: FleetChange, serving: Int) {
        renewalRecorded(change)
        // A smaller minimum applies from its record on, before the fleet is observed again.
        if change.kind == .capacityChanged, case .number(let minimum) = change.details["minimum"] {
            view?.capacity.minimum = Int(minimum)
        }
        let takesAway = change.kind == .instanceDraining || (isPreserve && change.kind == .instanceEnding)
        guard takesAway, change.cause.hasPrefix("maintenance"), let view else { return }
        if serving <= view.capacity.minimum {
            fail(
                "maintenance takes instance \(change.instance ?? 0) away: \(serving - 1) would serve, "
                    + "under the minimum of \(view.capacity.minimum)")
        }
    }
}

/// The total time without a running controller.
struct Downtime {
    private var past: UInt64 = 0
    private var since: UInt64?

    mutating func begin(now: UInt64) { since = now }

    mutating func end(now: UInt64) {
        past += since.map { now - $0 } ?? 0
        since = nil
    }

    /// Nothing ran for this long. A controller that is already absent is not absent for longer because of it.
    mutating func add(_ duration: UInt64) { if since == nil { past += duration } }

    func total(now: UInt64) -> UInt64 { past + (since.map { now - $0 } ?? 0) }
}
