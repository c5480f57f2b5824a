package import Fleet

/// Maintenance or a recovery of a small fleet behind one proxy. Each connection has an instance, by a hash, as in the
/// gateway. The real ``FleetMachine`` decides; this is its shell, with processes that exist only here.
package struct FleetRun: Sendable {
    private var machine: FleetMachine
    private let toxic: Toxic
    /// Answers of the pretended processes, by the time at which they come.
    private var agenda: [(due: UInt64, event: FleetEvent)] = []
    private var table: [UInt8] = []
    /// recovery: the instance that has failed, until it is replaced.
    private var failed: InstanceIdentifier?
    private var isStarted = false
    private var isOver = false
    private var nextReport: UInt64
    private let reportInterval: UInt64

    private static let shortestInterval: UInt64 = 5_000_000

    /// - Parameter drain: the halves of a drain of the proxy's profile, for their proportion.
    package init(_ toxic: Toxic, drain: DrainTimes, now: UInt64) {
        self.toxic = toxic
        let count = Int(toxic.attributes["instances"])
        let settings: FleetSettings
        if toxic.kind == .maintenance {
            let whole = toxic.attributes.nanoseconds("drain")
            let times = DrainTimes(
                refuse: drain.reset == 0 ? whole : whole - whole / 2, reset: drain.reset == 0 ? 0 : whole / 2)
            settings = FleetSettings(
                capacity: CapacityRange(minimum: count, maximum: count), drain: times,
                replacementFirst: toxic.attributes.flags["surge"] ?? true)
        } else {
            let detect = max(toxic.attributes.nanoseconds("detect"), FleetRun.shortestInterval)
            let replace = toxic.attributes.nanoseconds("replace")
            settings = FleetSettings(
                capacity: CapacityRange(minimum: count, maximum: count),
                recovery: RecoveryTimes(
                    questionInterval: min(.second, max(detect / 5, FleetRun.shortestInterval / 5)),
                    unresponsiveAfter: detect, startTimeout: replace + 10 * .second))
        }
        reportInterval = max(settings.drain.refuse / 45, FleetRun.shortestInterval)
        nextReport = now + reportInterval
        let restored = FleetMachine.restore(
            settings: settings, snapshot: nil, observed: ObservedFleet(), zones: { _, _ in nil }, now: now)
        machine = restored.machine
        // The instances serve at once: the fleet was there before.
        _ = carryOut(restored.directives, now: now, live: { _ in 0 })
        _ = takeAgenda(now: now, live: { _ in 0 })
    }

    /// Does what is due.
    ///
    /// - Parameter live: how many connections an instance has.
    package mutating func advance(now: UInt64, live: (InstanceIdentifier) -> Int) -> [DisruptionEffect] {
        guard !isOver else { return [] }
        var effects: [DisruptionEffect] = []
        if !isStarted { effects += start(now: now, live: live) }
        effects += takeAgenda(now: now, live: live)
        if now >= nextReport {
            nextReport = now + reportInterval
            for instance in machine.view.instances where instance.state.isDraining {
                let event = FleetEvent.sessionsLeft(instance.identifier, live: live(instance.identifier), tombstones: 0)
                effects += handle(event, now: now, live: live)
            }
        }
        if now >= machine.nextTimer { effects += handle(.tick, now: now, live: live) }
        effects += takeAgenda(now: now, live: live)
        if isDone {
            isOver = true
            effects.append(.over)
        }
        return effects
    }

    /// The instance of a connection with this hash, or why none takes it.
    package func admission(hash: UInt64) -> RelayAdmission {
        let entry = table.isEmpty ? 0 : InstanceIdentifier(table[Int(hash & UInt64(Steering.size - 1))])
        guard entry != 0 else { return .refused(toxic.attributes.refusal) }
        return entry == failed ? .refused(toxic.attributes.refusal) : .taken(home: entry)
    }

    package var nextTimer: UInt64? {
        guard !isOver else { return nil }
        var timer = min(machine.nextTimer, agenda.map(\.due).min() ?? .max)
        if machine.view.instances.contains(where: { $0.state.isDraining }) { timer = min(timer, nextReport) }
        return timer
    }

    // MARK: - Steps

    private mutating func start(now: UInt64, live: (InstanceIdentifier) -> Int) -> [DisruptionEffect] {
        isStarted = true
        if toxic.kind == .maintenance {
            return handle(.requested(.startMaintenance(binary: nil, now: true)), now: now, live: live)
        }
        // The instance with the most connections, so that a single connection is always hit.
        let victim = serving.max { (live($0), $1) < (live($1), $0) }
        failed = victim
        guard let victim else { return [] }
        return [.record("instance \(victim) fails"), .silence(home: victim)]
    }

    private var serving: [InstanceIdentifier] {
        machine.view.instances.filter { $0.state == .serving }.map(\.identifier)
    }

    private var isDone: Bool {
        guard isStarted, serving.count == machine.view.desired, machine.view.instances.count == serving.count else {
            return false
        }
        return toxic.kind == .maintenance ? machine.view.maintenance?.phase.isOver == true : failed == nil
    }

    private mutating func takeAgenda(now: UInt64, live: (InstanceIdentifier) -> Int) -> [DisruptionEffect] {
        var effects: [DisruptionEffect] = []
        while let index = agenda.firstIndex(where: { $0.due <= now }) {
            effects += handle(agenda.remove(at: index).event, now: now, live: live)
        }
        return effects
    }

    private mutating func handle(
        _ event: FleetEvent, now: UInt64, live: (InstanceIdentifier) -> Int
    ) -> [DisruptionEffect] {
        carryOut(machine.handle(event, now: now), now: now, live: live)
    }

    private mutating func carryOut(
        _ directives: [FleetDirective], now: UInt64, live: (InstanceIdentifier) -> Int
    ) -> [DisruptionEffect] {
        var effects: [DisruptionEffect] = []
        for directive in directives {
            switch directive {
            case .start(let identifier, _):
                let delay = failed == nil ? 0 : toxic.attributes.nanoseconds("replace")
                agenda.append((now + delay, .serving(identifier)))
            case .steer(_, let first): table = Steering.entries(for: first)
            case .resetAll(let identifier, let within): effects.append(.reset(home: identifier, within: within))
            case .endProcess(let identifier, _):
                agenda.append((now, .exited(identifier, .exited(status: 0))))
            case .discardSessions(let identifier, _):
                effects.append(.silence(home: identifier))
                agenda.append((now, .emptied(identifier, sessions: live(identifier))))
                if identifier == failed { failed = nil }
            case .ask(let identifiers, let number):
                for identifier in identifiers where identifier != failed {
                    agenda.append((now, .seen(identifier, heartbeat: now, answered: number)))
                }
                // The one that has failed does not answer.
                if let failed { agenda.append((now, .seen(failed, heartbeat: 0, answered: 0))) }
            case .checkBinary(let binary): agenda.append((now, .binaryChecked(binary: binary, problem: nil)))
            case .record(let change): effects.append(.record(FleetRun.text(change)))
            case .setState, .repeatResets, .moveSlabs, .measure, .accept, .refuse: break
            }
        }
        return effects
    }

    private static func text(_ change: FleetChange) -> String {
        change.kind.rawValue + (change.instance.map { " \($0)" } ?? "") + ": \(change.cause)"
    }
}
