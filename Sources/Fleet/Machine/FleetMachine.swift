/// Makes all decisions about a fleet: which instances exist, which take new sessions, and when one drains, is replaced
/// or recovered.
///
/// The machine is pure: events go in with the time, directives come out, in the order in which they are to be carried
/// out. Time is nanoseconds of CLOCK_MONOTONIC. The shell must:
///
/// 1. At the start, call ``restore(settings:snapshot:observed:zones:now:)``, also at the very first start (no snapshot,
///    nothing observed).
/// 2. Pass ``FleetEvent/tick`` when ``nextTimer`` is reached (a late tick is tolerated, and no instance fails because
///    of it), and every other event as it happens. Pass ``FleetEvent/seen(_:heartbeat:answered:)`` about once a second,
///    just before the tick that asks again.
/// 3. After each call: if ``snapshot`` has changed, save it; then carry out the directives.
///
/// It is composed of small machines with one task each: ``DrainMachine``, ``Liveness``, ``Autoscaler``,
/// ``MaintenanceMachine``, ``InstanceLife``. After every event it settles: it does what is due, and moves the fleet
/// towards its target. So the next event of any kind makes up for a lost timer.
package struct FleetMachine: Sendable {
    package internal(set) var settings: FleetSettings
    /// The state that survives the controller's death.
    package internal(set) var snapshot: FleetSnapshot
    let zones: ZoneOffsets

    // Not in the snapshot: a starting controller determines it again.
    var liveness: [InstanceIdentifier: Liveness] = [:]
    var attendance = Attendance()
    /// Until this time no instance is considered unresponsive: after a start, instances need time for a heartbeat,
    /// because the whole machine may have been paused.
    var blamesFrom: UInt64 = 0
    /// The controller's program, as in ``ObservedFleet/program``.
    var program = ""
    /// Instances whose processes run another program than the controller.
    var outdated: Set<InstanceIdentifier> = []
    /// Until this time no instance is renewed: instances need time to prove that they are alive.
    var renewsFrom: UInt64 = 0
    var autoscaler = Autoscaler()
    /// The last ``FleetDirective/steer(_:first:)``; nil: none yet.
    var steered: FleetDirective?
    /// Whether the instances that maintenance has replaced have no room for all new sessions.
    var areUpdatedFull = false
    var lastMeasurement: FleetMeasurement?
    var retry = StartRetry()
    var questionNumber: UInt32 = 0
    var asksAt: UInt64
    var measuresAt: UInt64
    /// Unix seconds at nanosecond 0 of the monotonic clock.
    var wallClockBase: Int64?

    // Valid during one call only.
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

    /// Handles an event and returns the directives, in order.
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

    /// The latest time for the next ``FleetEvent/tick``.
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

    /// Does everything that is due, until nothing is left.
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
        steerAgain()
        askAndMeasure()
    }

    /// Each round makes progress. More rounds than instances and steps are impossible.
    private static let mostRounds = 256

    mutating func takeDirectives() -> [FleetDirective] {
        defer { directives = [] }
        return directives
    }
}
