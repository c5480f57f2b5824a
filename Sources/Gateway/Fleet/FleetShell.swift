internal import Fleet
internal import FlowLayout
internal import Kernel
internal import Store

/// Executes the directives of ``FleetMachine``, and passes events to it. Only this type knows processes, clocks and maps.
///
/// After each event it first saves the machine's snapshot, together with the history of the event. Then it executes the directives in
/// order. If the controller dies in between, the next one finds in the snapshot what was to be done, and in the maps and processes what
/// was done (RECOV-3).
final class FleetShell {
    /// The key under which the machine's snapshot is saved.
    static let stateKey = "fleet"

    let gateway: String
    let directory: RunDirectory
    let datapath: Datapath
    let log: Log
    var machine: FleetMachine
    var processes: [InstanceIdentifier: InstanceProcessHandle] = [:]
    /// Instances whose processes have been started and do not serve yet.
    var awaited: Set<InstanceIdentifier> = []
    /// Events that resulted from executing directives, in order.
    var pendingEvents: [FleetEvent] = []
    var meter: LoadMeter
    var measurements: [InstanceMeasurement] = []
    var binaryCheck: BinaryCheck?
    /// Passes over the slabs; the first is in progress.
    var slabTasks: [SlabTask] = []
    var replacement = ProgramReplacement()
    /// Whether the kernel program may be from another binary. It is replaced when no instance has to be renewed any more.
    var programIsOutdated = false
    /// When heartbeats, remaining sessions and the wall clock were last checked.
    var lastCheck: UInt64 = 0
    var lastCount: UInt64 = 0
    var lastWallClock: UInt64 = 0
    /// Sessions and tombstones, as last measured.
    var sessions = 0
    private var savedSnapshot: FleetSnapshot?
    private var savedReport: FleetReport?
    private var isHandling = false
    /// Who asked for the present event; nil: no one.
    var requester: String?

    /// The rest of the controller; set before ``begin(_:)``.
    weak var surroundings: (any FleetSurroundings)?

    /// A new fleet, or one that continues from an earlier controller's state. ``begin(_:)`` must follow.
    init(gateway: String, directory: RunDirectory, datapath: Datapath, log: Log, machine: FleetMachine) {
        self.gateway = gateway
        self.directory = directory
        self.datapath = datapath
        self.log = log
        self.machine = machine
        meter = LoadMeter(datapath: datapath)
    }

    var orders: InstanceOrders { InstanceOrders(instances: datapath.table.instances, runtime: datapath.table.runtime) }
    var sharing: SlabSharing {
        SlabSharing(table: datapath.table.seen(by: SlabSharing.pool))
    }

    func record(_ identifier: InstanceIdentifier) -> UnsafeMutablePointer<sluice_instance> {
        datapath.table.instances + Int(identifier)
    }

    /// Passes an event to the machine, and executes its directives; then handles the events that resulted.
    func handle(_ event: FleetEvent) {
        pendingEvents.append(event)
        // Executing a directive may call this again, for example if the system refuses. That event is handled after the present one.
        guard !isHandling else { return }
        isHandling = true
        defer { isHandling = false }
        while !pendingEvents.isEmpty {
            let event = pendingEvents.removeFirst()
            carryOut(machine.handle(event, now: MonotonicClock.nanoseconds()))
        }
        publish()
        surroundings?.report(
            "renewal", machine.view.renewal?.problem, next: "replace them by a maintenance: sluice maintenance start")
    }

    /// Executes the directives of ``FleetMachine/restore(settings:snapshot:observed:zones:now:)``.
    func begin(_ directives: [FleetDirective]) {
        adoptProcesses()
        isHandling = true
        carryOut(directives)
        isHandling = false
        if let order = replacement.order { replaceProgram(order) }
        lastWallClock = MonotonicClock.nanoseconds()
        handle(.wallClock(unixSeconds: WallTimeSource.seconds))
    }

    private func carryOut(_ directives: [FleetDirective]) {
        let changes = directives.compactMap { if case .record(let change) = $0 { change } else { nil } }
        let isChanged = machine.snapshot != savedSnapshot
        if isChanged || !changes.isEmpty {
            savedSnapshot = machine.snapshot
            let events = changes.map { FleetHistory.event($0, time: WallTimeSource.nanoseconds(), by: requester) }
            surroundings?.remember(events, isChanged ? [.set(Self.stateKey, machine.snapshot)] : [])
        }
        for directive in directives { carryOut(directive) }
    }

    /// Writes `fleet.json` for reading commands, if it has changed.
    private func publish() {
        let report = FleetReport(view: machine.view, measurements: measurements)
        guard report != savedReport else { return }
        do throws(SystemError) {
            try directory.write(report, to: directory.fleetPath)
            savedReport = report
            surroundings?.report("fleet.json", nil, next: nil)
        } catch {
            surroundings?.report(
                "fleet.json", "the state of the fleet can't be written for reading commands: \(error)",
                next: RunDirectory.writeRemedy)
        }
    }
}

/// What the fleet's shell needs from the rest of the controller.
protocol FleetSurroundings: AnyObject {
    /// Writes events, and state changes with them, in one transaction.
    func remember(_ events: [HistoryEvent], _ state: [StateChange])
    /// Answers a request: whether it was granted, and the text for people.
    func answer(_ command: FleetCommand, granted: Bool, _ text: String)
    /// Records what is wrong, or (nil) that it is right again; `next`: what to write or run to correct it.
    func report(_ subject: String, _ problem: String?, next: String?)
}
