import Fleet

/// A month of a fleet and of the sessions through it, in virtual time: the real ``FleetMachine``, driven from one event
/// to the next. While every instance serves and the load does not change, nothing is to be decided, and time advances
/// to the next event. The same seed gives the same month.
///
/// A day without counts precedes the month, so that sessions are where they would be after a long time.
package struct FleetMonth {
    let plan: MonthPlan
    var random: SeededRandom
    var agenda = Agenda<Occurrence>()
    var machine: FleetMachine
    var now: UInt64 = FleetMonth.origin
    var report = MonthReport()

    // What the machine has decided.
    var serving: [InstanceIdentifier] = []
    var first: [InstanceIdentifier] = []
    var processes: [InstanceIdentifier] = []
    /// Instances that do not serve: they start or leave.
    var changing: Set<InstanceIdentifier> = []
    var causes = [MonthReport.Cause](repeating: .unplanned, count: 64)
    var isMaintained = false

    var load = 0.0
    /// Samples of the load until the fleet's size is known not to change any more.
    var samplesLeft = 0
    var sessions: [MonthSession] = []

    enum Occurrence {
        case load(Double)
        case maintenance
        /// An instance may fail.
        case failure
        case event(FleetEvent)
        case sessionsBegin
        case sessionReturns(Int)
        case monthEnds
    }

    static let origin: UInt64 = 1_000 * .second
    /// From the first process to the first session: enough for a fleet to reach its size.
    static let settlingSeconds = 4 * 3_600.0
    /// The load changes up to this much later than planned. Otherwise a session whose length is a day would always end in
    /// the moment of a scale-in.
    static let latestSeconds = 1_800.0
    static let startNanoseconds: UInt64 = 1 * .second
    /// After this many samples without a change the fleet keeps its size.
    static let samplesToRest = 2

    package init(_ plan: MonthPlan, seed: UInt64) {
        self.plan = plan
        random = SeededRandom(seed: seed)
        let (machine, directives) = FleetMachine.restore(
            settings: plan.settings, snapshot: nil, observed: ObservedFleet(), zones: { _, _ in 0 }, now: now)
        self.machine = machine
        report.maintenanceBySession = [Int](repeating: 0, count: plan.sessions)
        schedule()
        carryOut(directives)
    }

    /// Counts from here on.
    var monthBegins: UInt64 { FleetMonth.origin + FleetMonth.nanoseconds(MonthPlan.daySeconds) }
    var isCounted: Bool { now >= monthBegins }

    static func nanoseconds(_ seconds: Double) -> UInt64 { UInt64(min(max(seconds, 0), 1e9) * 1e9) }

    private mutating func schedule() {
        for day in 0...MonthPlan.days {
            for (index, step) in plan.load.enumerated() where day == 0 || plan.load.count > 1 {
                let next = index + 1 < plan.load.count ? plan.load[index + 1].at : MonthPlan.daySeconds
                let late = min((next - step.at) / 4, FleetMonth.latestSeconds) * random.share()
                let seconds = Double(day) * MonthPlan.daySeconds + step.at + late
                agenda.add(.load(step.instances), at: FleetMonth.origin + FleetMonth.nanoseconds(seconds))
            }
        }
        for time in plan.maintenances { agenda.add(.maintenance, at: monthBegins + FleetMonth.nanoseconds(time)) }
        agenda.add(.sessionsBegin, at: FleetMonth.origin + FleetMonth.nanoseconds(FleetMonth.settlingSeconds))
        agenda.add(.monthEnds, at: monthBegins + FleetMonth.nanoseconds(MonthPlan.seconds))
        nextFailure()
    }

    package consuming func run() -> MonthReport {
        var month = self
        month.runToEnd()
        return month.report
    }

    private mutating func runToEnd() {
        while let next = agenda.nextTime {
            if !isAtRest, machine.nextTimer <= next {
                now = max(now, machine.nextTimer)
                deliver(.tick)
                continue
            }
            guard let (time, occurrence) = agenda.next() else { return }
            now = max(now, time)
            if case .monthEnds = occurrence { return renewSessions() }
            happen(occurrence)
        }
    }

    private var isAtRest: Bool { samplesLeft == 0 && changing.isEmpty && !isMaintained }

    private mutating func happen(_ occurrence: Occurrence) {
        switch occurrence {
        case .load(let instances):
            load = instances
            samplesLeft = FleetMonth.samplesToRest
        case .maintenance: deliver(.requested(.startMaintenance(binary: nil, now: true)))
        case .failure: fail()
        case .event(let event): deliver(event)
        case .sessionsBegin: beginSessions()
        case .sessionReturns(let index): connect(index, at: now)
        case .monthEnds: break
        }
    }

    // MARK: - The machine

    private mutating func deliver(_ event: FleetEvent) {
        report.calls += 1
        carryOut(machine.handle(event, now: now))
    }

    private mutating func carryOut(_ directives: [FleetDirective]) {
        for directive in directives { perform(directive) }
    }

    private mutating func perform(_ directive: FleetDirective) {
        switch directive {
        case .start(let identifier, _):
            processes.append(identifier)
            agenda.add(.event(.serving(identifier)), at: now + FleetMonth.startNanoseconds)
        case .steer(let identifiers, let first):
            renewSessions()
            serving = identifiers
            self.first = first
        case .setState(let identifier, let state):
            if state == .serving || state == .stopped {
                changing.remove(identifier)
            } else {
                changing.insert(identifier)
            }
        case .resetAll(let identifier, _): disrupt(identifier, causes[Int(identifier)], isSilent: false)
        case .repeatResets, .ask, .accept, .refuse: break
        case .endProcess(let identifier, let kill):
            guard let index = processes.firstIndex(of: identifier) else { return }
            processes.remove(at: index)
            agenda.add(.event(.exited(identifier, kill ? .signalled(9) : .exited(status: 0))), at: now + 1_000_000)
        case .moveSlabs(let identifier, let heirs):
            move(identifier, to: heirs)
            agenda.add(.event(.emptied(identifier, sessions: 0)), at: now)
        case .discardSessions(let identifier, let reason):
            disrupt(identifier, reason == .instanceLost ? .unplanned : causes[Int(identifier)], isSilent: true)
            agenda.add(.event(.emptied(identifier, sessions: 0)), at: now)
        case .measure:
            samplesLeft = max(samplesLeft - 1, 0)
            agenda.add(.event(.measured(measurement())), at: now)
        case .checkBinary(let binary): agenda.add(.event(.binaryChecked(binary: binary, problem: nil)), at: now)
        case .record(let change): recorded(change)
        }
    }

    private mutating func recorded(_ change: FleetChange) {
        switch change.kind {
        case .instanceDraining:
            if let identifier = change.instance {
                causes[Int(identifier)] = change.cause.hasPrefix("maintenance") ? .maintenance : .scaleIn
            }
        case .scaleIn, .scaleOut:
            samplesLeft = FleetMonth.samplesToRest
            if change.kind == .scaleIn, isCounted { report.scaleIns += 1 }
        case .maintenanceStarted: isMaintained = true
        case .maintenanceCompleted, .maintenanceAborted, .maintenanceRolledBack:
            isMaintained = false
            if change.kind == .maintenanceCompleted { report.maintenancesCompleted += 1 }
        default: break
        }
    }

    private mutating func measurement() -> FleetMeasurement {
        let each = min(load / Double(max(serving.count, 1)), 1)
        let bits = each * Double(plan.settings.instance.throughputBitsPerSecond)
        var counts = [Int](repeating: 0, count: 64)
        switch plan.leaving {
        case .random: for index in counts.indices { counts[index] = Int(random.next() >> 40) }
        case .fewestLongLived: for session in sessions { counts[Int(session.instance)] += 1 }
        }
        return FleetMeasurement(
            instances: serving.map { identifier in
                InstanceMeasurement(
                    identifier: identifier, cpu: each, bitsPerSecond: bits, sessions: 0,
                    longLivedSessions: counts[Int(identifier)])
            }, tableSessions: 0, tableCapacity: 1)
    }

    // MARK: - Failures

    /// Failures are drawn for the largest possible fleet. One that hits an instance which does not exist is ignored.
    private var mostProcesses: Int { plan.settings.capacity.maximum + 2 }

    private mutating func nextFailure() {
        guard plan.failuresPerSecond > 0 else { return }
        let mean = 1 / (plan.failuresPerSecond * Double(mostProcesses))
        agenda.add(.failure, at: now + FleetMonth.nanoseconds(random.exponential(mean: mean)))
    }

    private mutating func fail() {
        nextFailure()
        let index = Int(random.next() % UInt64(mostProcesses))
        guard index < processes.count else { return }
        let identifier = processes.remove(at: index)
        deliver(.exited(identifier, .signalled(9)))
    }
}
