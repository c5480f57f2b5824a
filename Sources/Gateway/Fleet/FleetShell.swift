internal import Fleet
internal import FlowLayout
internal import Kernel
internal import Store

/// Carries out what ``FleetMachine`` decides, and hands it what happens: the one place that knows processes, clocks and maps.
///
/// After each event: what is to be remembered is saved first, together with the history of it, then the directives are
/// carried out in their order. So a controller that dies in between finds in the snapshot what it was about to do, and in the
/// maps and processes how far it came (RECOV-3).
final class FleetShell {
    /// Where the machine's snapshot is remembered.
    static let stateKey = "fleet"

    let gateway: String
    let directory: RunDirectory
    let datapath: Datapath
    let log: Log
    var machine: FleetMachine
    var processes: [InstanceIdentifier: InstanceProcessHandle] = [:]
    /// Instances whose processes have been started and have not taken up their work.
    var awaited: Set<InstanceIdentifier> = []
    /// Events that carrying out directives has led to, in order.
    var pendingEvents: [FleetEvent] = []
    var meter: LoadMeter
    var measurements: [InstanceMeasurement] = []
    var binaryCheck: BinaryCheck?
    /// Passes over the slabs, the one in hand first.
    var slabTasks: [SlabTask] = []
    var replacement = ProgramReplacement()
    /// Whether the kernel program may be another binary's: it is replaced once no instance is to be renewed any more.
    var programIsOutdated = false
    /// When signs of life, remaining sessions and the wall clock were looked at last.
    var lastLook: UInt64 = 0
    var lastCount: UInt64 = 0
    var lastWallClock: UInt64 = 0
    /// Sessions and tombstones, as last measured.
    var sessions = 0
    private var savedSnapshot: FleetSnapshot?
    private var savedReport: FleetReport?
    private var isHandling = false
    /// Who asked for what is being handled; nil: nobody did.
    var requester: String?

    /// The rest of the controller; set before ``begin(_:)``.
    weak var surroundings: (any FleetSurroundings)?

    /// A fleet that goes on where an earlier controller stopped, or begins. ``begin(_:)`` must follow.
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

    /// Hands an event to the machine, and carries out its directives; then the events that these led to.
    func handle(_ event: FleetEvent) {
        pendingEvents.append(event)
        // Carrying out may come back here, by a refusal of the system's for one: its turn comes when this one is done.
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

    /// What ``FleetMachine/restore(settings:snapshot:observed:zones:now:)`` said is to be done.
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

    /// Writes `fleet.json`, which reading commands go by; only when there is news.
    private func publish() {
        let report = FleetReport(view: machine.view, measurements: measurements)
        guard report != savedReport else { return }
        do throws(SystemError) {
            try directory.write(report, to: directory.fleetPath)
            savedReport = report
            surroundings?.report("fleet.json", nil, next: nil)
        } catch {
            surroundings?.report(
                "fleet.json", "what the fleet does can't be written for reading commands: \(error)",
                next: RunDirectory.writeRemedy)
        }
    }
}

/// What the fleet's shell needs from the rest of the controller.
protocol FleetSurroundings: AnyObject {
    /// Writes events, and what is to be remembered with them, in one transaction.
    func remember(_ events: [HistoryEvent], _ state: [StateChange])
    /// Answers who asked for something: whether it was granted, and in which words.
    func answer(_ command: FleetCommand, granted: Bool, _ text: String)
    /// Records what is wrong, or (nil) that it is right again; `next`: what to write or run to mend it.
    func report(_ subject: String, _ problem: String?, next: String?)
}
