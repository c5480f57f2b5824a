/// Decides everything about a fleet: which instances there are, who takes new sessions, when one drains, is replaced or recovered.
///
/// Pure: events come in with the time, directives go out, in the order in which they are to be carried out. Time is nanoseconds of
/// CLOCK_MONOTONIC. The shell's duty:
///
/// 1. At the start, ``restore(settings:snapshot:observed:zones:now:)``, also for the very first start (no snapshot, nothing observed).
/// 2. Hand in ``FleetEvent/tick`` when ``nextTimer`` has come (late is survived, and blamed on no instance), and every other event as
///    it happens: what was ``FleetEvent/seen(_:heartbeat:answered:)`` about once a second, just before the tick that asks again.
/// 3. After each call: if ``snapshot`` has changed, save it; then carry out the directives.
///
/// It is composed of small machines, each of which has one idea: ``DrainMachine``, ``Liveness``, ``Autoscaler``,
/// ``MaintenanceMachine``, ``InstanceLife``. After every event it settles: what is due is done, and the fleet is brought nearer to what it
/// should be. So a timer that is lost is made up for by whatever happens next.
package struct FleetMachine: Sendable {
    package internal(set) var settings: FleetSettings
    /// What is kept over a controller's death.
    package internal(set) var snapshot: FleetSnapshot
    let zones: ZoneOffsets

    // What a controller that starts finds out anew.
    var liveness: [InstanceIdentifier: Liveness] = [:]
    var attendance = Attendance()
    /// A controller that has just started blames nobody before instances had time to beat: the whole machine may have been paused.
    var blamesFrom: UInt64 = 0
    /// What the controller runs, as ``ObservedFleet/program``.
    var program = ""
    /// Whose processes run another program than the controller.
    var outdated: Set<InstanceIdentifier> = []
    /// None is renewed before instances had time to show that they live.
    var renewsFrom: UInt64 = 0
    var autoscaler = Autoscaler()
    var lastMeasurement: FleetMeasurement?
    var retry = StartRetry()
    var questionNumber: UInt32 = 0
    var asksAt: UInt64
    var measuresAt: UInt64
    /// Unix seconds at nanosecond 0 of the machine's clock.
    var wallClockBase: Int64?

    // One call's.
    var now: UInt64
    var directives: [FleetDirective] = []

    init(settings: FleetSettings, snapshot: FleetSnapshot, zones: @escaping ZoneOffsets, now: UInt64) {
        self.settings = settings
        self.snapshot = snapshot
        self.zones = zones
        self.now = now
        asksAt = now + settings.recovery.questionInterval
        measuresAt = now + settings.scaling.sampleInterval
    }

    /// What happened, and what is to be done.
    package mutating func handle(_ event: FleetEvent, now: UInt64) -> [FleetDirective] {
        let before = self.now
        self.now = max(before, now)
        noticeAbsence(since: before)
        for index in snapshot.instances.indices { snapshot.instances[index].drain?.nextEvent() }
        switch event {
        case .tick: break
        case .serving(let identifier): instanceServes(identifier)
        case .exited(let identifier, let end): processEnded(identifier, end)
        case .seen(let identifier, let heartbeat, let answered):
            instanceSeen(identifier, heartbeat: heartbeat, answered: answered)
        case .measured(let measurement): measured(measurement)
        case .sessionsLeft(let identifier, let live, let tombstones):
            update(identifier) { [now] in $0.drain?.sessionsLeft(live: live, tombstones: tombstones, now: now) }
        case .emptied(let identifier, let sessions): instanceEmptied(identifier, sessions: sessions)
        case .requested(let command): requested(command)
        case .binaryChecked(let binary, let problem): binaryChecked(binary, problem: problem)
        case .wallClock(let unixSeconds): wallClockBase = unixSeconds - Int64(self.now / .second)
        case .settingsChanged(let settings): settingsChanged(settings)
        }
        settle()
        return takeDirectives()
    }

    /// When ``FleetEvent/tick`` is due at the latest.
    package var nextTimer: UInt64 {
        var timers = [asksAt, measuresAt]
        for life in snapshot.instances {
            if let deadline = life.deadline { timers.append(deadline) }
            if life.state.isDraining, let timer = life.drain?.nextTimer { timers.append(timer) }
        }
        if renewsFrom > now, !outdated.isEmpty { timers.append(renewsFrom) }
        if retry.notBefore > now { timers.append(retry.notBefore) }
        if let opening = nextWindowOpening { timers.append(opening) }
        return timers.reduce(timers[0], min)
    }

    /// The fleet, as operators see it.
    package var view: FleetView {
        FleetView(
            capacity: snapshot.capacity, desired: snapshot.desired,
            instances: snapshot.instances.map { life in
                InstanceView(
                    identifier: life.identifier, state: life.state, since: life.since, binary: life.binary,
                    cause: life.cause, drain: life.state.isDraining ? life.drain?.view : nil)
            },
            maintenance: snapshot.maintenance?.view(isWindowOpen: isWindowOpen), renewal: renewalView)
    }

    /// Brings everything about, until nothing is left to be done now.
    mutating func settle() {
        for _ in 0..<FleetMachine.mostRounds {
            let (before, done) = (snapshot, directives.count)
            advanceInstances()
            rollMaintenance()
            keepCapacity()
            handOverSessions()
            renewNext()
            if snapshot == before && directives.count == done { break }
        }
        askAndMeasure()
    }

    /// Each round brings the fleet further; more rounds than instances and steps there can't be.
    private static let mostRounds = 256

    mutating func takeDirectives() -> [FleetDirective] {
        defer { directives = [] }
        return directives
    }
}
