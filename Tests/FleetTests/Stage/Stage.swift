import Fleet
import Foundation
import Testing

/// A fleet's machine with a shell that carries out every directive at once, in virtual time, and records the
/// directives.
///
/// Times are seconds since the stage was created. Processes start in `startSeconds`. Those in `unresponsive` send no
/// heartbeats and answers any more.
struct Stage {
    private(set) var machine: FleetMachine
    private(set) var lines: [(time: UInt64, directive: FleetDirective)] = []
    private(set) var now: UInt64
    private var pending: [(due: UInt64, event: FleetEvent)] = []
    private var questionNumber: UInt32 = 0
    /// The running processes, with their binaries.
    private(set) var processes: [InstanceIdentifier: String?] = [:]
    /// The controller's program, and the one with which it started each process.
    private var program = "version 1"
    private(set) var programs: [InstanceIdentifier: String] = [:]
    /// Versions whose processes end before they serve, and versions whose processes never serve.
    var brokenPrograms: Set<String> = []
    var hangingPrograms: Set<String> = []

    var startNanoseconds: UInt64 = 500_000_000
    /// Living instances that no longer prove it, with their last heartbeat.
    private(set) var unresponsive: [InstanceIdentifier: (heartbeat: UInt64, answered: UInt32)] = [:]
    /// After a pause of the whole machine: the last heartbeats and answers of all, until the next inspection.
    private var frozen: (heartbeat: UInt64, answered: UInt32)?
    /// The last heartbeat and answer in each record: what the next process of an instance finds, until it is ready.
    private var beats: [InstanceIdentifier: (heartbeat: UInt64, answered: UInt32)] = [:]
    /// Instances with a heartbeat that do not answer.
    var mute: Set<InstanceIdentifier> = []
    /// Processes that do not end on SIGTERM.
    var stubborn: Set<InstanceIdentifier> = []
    /// Binaries whose instances end before they serve.
    var broken: Set<String> = []
    /// The result of a binary check.
    var binaryProblem: String?
    /// The reported sessions and tombstones of draining instances.
    var sessionsLeft: (live: Int, tombstones: Int)? = (100, 0)
    var sessions: [InstanceIdentifier: Int] = [:]
    var measurement: FleetMeasurement?

    static let second: UInt64 = 1_000_000_000
    private static let origin: UInt64 = 1_000 * second

    init(_ settings: FleetSettings = FleetSettings(), zones: @escaping ZoneOffsets = { _, _ in 0 }) {
        now = Stage.origin
        let (machine, directives) = FleetMachine.restore(
            settings: settings, snapshot: nil, observed: ObservedFleet(), zones: zones, now: now)
        self.machine = machine
        carryOut(directives)
    }

    /// A stage with the minimum number of serving instances.
    static func serving(
        _ settings: FleetSettings = FleetSettings(), zones: @escaping ZoneOffsets = { _, _ in 0 }
    ) -> Stage {
        var stage = Stage(settings, zones: zones)
        stage.run(seconds: 1)
        stage.forget()
        return stage
    }

    /// Discards the recorded directives; time starts again at 0.
    private var zero = Stage.origin
    mutating func forget() {
        lines = []
        zero = now
    }

    // MARK: - Events

    mutating func deliver(_ event: FleetEvent) { carryOut(machine.handle(event, now: now)) }
    mutating func ask(_ command: FleetCommand) { deliver(.requested(command)) }

    mutating func stopResponding(_ identifier: InstanceIdentifier) { unresponsive[identifier] = (now, questionNumber) }

    mutating func crash(_ identifier: InstanceIdentifier) {
        processes[identifier] = nil
        deliver(.exited(identifier, .signalled(9)))
    }

    /// Lets time pass, event by event. Heartbeats and answers are read once a second, just before the machine asks
    /// again.
    mutating func run(seconds: Double) {
        let end = now + UInt64(seconds * 1e9)
        while true {
            let timer = machine.nextTimer
            let due = min(timer, pending.map(\.due).min() ?? .max)
            guard due <= end else { break }
            now = max(now, due)
            let events = pending.filter { $0.due <= now }
            pending.removeAll { $0.due <= now }
            for (_, event) in events where isStillTrue(event) { deliver(event) }
            if timer <= now {
                inspect()
                deliver(.tick)
            }
        }
        now = end
    }

    private func isStillTrue(_ event: FleetEvent) -> Bool {
        if case .serving(let identifier) = event { return processes[identifier] != nil }
        return true
    }

    /// The whole machine is paused: time passes, and nothing else happens. The next inspection sees the state before
    /// the pause.
    mutating func pause(seconds: Double) {
        frozen = (now, questionNumber)
        let duration = UInt64(seconds * 1e9)
        now += duration
        for index in pending.indices { pending[index].due += duration }
    }

    mutating func inspect() {
        defer { frozen = nil }
        for identifier in processes.keys.sorted() {
            let isReady = !pending.contains { $0.event == .serving(identifier) }
            let sign = (now, mute.contains(identifier) ? 0 : questionNumber)
            let last = unresponsive[identifier] ?? frozen ?? (isReady ? sign : beats[identifier] ?? (0, 0))
            beats[identifier] = last
            deliver(.seen(identifier, heartbeat: last.heartbeat, answered: last.answered))
            if let left = sessionsLeft {
                deliver(.sessionsLeft(identifier, live: left.live, tombstones: left.tombstones))
            }
        }
    }

    // MARK: - The shell

    private mutating func carryOut(_ directives: [FleetDirective]) {
        for directive in directives {
            lines.append((now, directive))
            perform(directive)
        }
    }

    private mutating func perform(_ directive: FleetDirective) {
        switch directive {
        case .start(let identifier, let binary):
            // A process that already runs is kept, and reported when it is ready.
            guard processes[identifier] == nil else {
                return pending.append((now + startNanoseconds, .serving(identifier)))
            }
            programs[identifier] = binary ?? program
            if binary.map(broken.contains) ?? brokenPrograms.contains(program) {
                pending.append((now + startNanoseconds, .exited(identifier, .exited(status: 1))))
            } else {
                processes.updateValue(binary, forKey: identifier)
                unresponsive[identifier] = nil
                if binary == nil, hangingPrograms.contains(program) { return }
                pending.append((now + startNanoseconds, .serving(identifier)))
            }
        case .endProcess(let identifier, let kill):
            guard kill || !stubborn.contains(identifier), unresponsive[identifier] == nil || kill else { return }
            processes[identifier] = nil
            pending.append((now, .exited(identifier, kill ? .signalled(9) : .exited(status: 0))))
        case .moveSlabs(let identifier, _), .discardSessions(let identifier, _):
            pending.append((now, .emptied(identifier, sessions: sessions[identifier] ?? 0)))
        case .ask(_, let number): questionNumber = number
        case .measure: if let measurement { pending.append((now, .measured(measurement))) }
        case .checkBinary(let binary): pending.append((now, .binaryChecked(binary: binary, problem: binaryProblem)))
        case .steer, .setState, .resetAll, .repeatResets, .record, .accept, .refuse: break
        }
    }

    // MARK: - Death of the controller

    /// The snapshot after a round trip through JSON, as it is stored.
    private var storedSnapshot: FleetSnapshot? {
        do {
            let stored = try JSONEncoder().encode(machine.snapshot)
            let snapshot = try JSONDecoder().decode(FleetSnapshot.self, from: stored)
            #expect(snapshot == machine.snapshot)
            return snapshot
        } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    /// The controller dies and another one starts after `seconds`, with the snapshot or without. Processes keep
    /// running, except the named ones.
    mutating func restart(
        after seconds: Double = 0, withSnapshot: Bool = true, lost: Set<InstanceIdentifier> = [],
        settings: FleetSettings? = nil, program: String? = nil, zones: @escaping ZoneOffsets = { _, _ in 0 }
    ) {
        if let program { self.program = program }
        let states = Dictionary(uniqueKeysWithValues: machine.view.instances.map { ($0.identifier, $0.state) })
        now += UInt64(seconds * 1e9)
        pending = []
        for identifier in lost { processes[identifier] = nil }
        let observed = states.keys.sorted().map {
            ObservedInstance(
                identifier: $0, isAlive: processes[$0] != nil, state: states[$0], slabs: 1, answered: questionNumber,
                isOutdated: processes[$0] != nil && programs[$0] != self.program)
        }
        let (machine, directives) = FleetMachine.restore(
            settings: settings ?? self.machine.settings, snapshot: withSnapshot ? storedSnapshot : nil,
            observed: ObservedFleet(instances: observed, program: self.program), zones: zones, now: now)
        self.machine = machine
        carryOut(directives)
    }
}

extension Stage {
    // MARK: - Recorded directives

    /// The directives, one on each line: seconds, then the directive. Without periodic questions, and without the
    /// history.
    var directives: [String] { texts { if case .record = $0 { false } else { true } } }

    /// The history: seconds, then the change.
    var history: [String] {
        texts { if case .record = $0 { true } else { false } }.map { $0.replacing("record ", with: "") }
    }

    var refusals: [String] { lines.compactMap { if case .refuse(_, let text) = $0.directive { text } else { nil } } }
    var accepted: [String] { lines.compactMap { if case .accept(_, let text) = $0.directive { text } else { nil } } }

    var serving: [InstanceIdentifier] { identifiers { $0 == .serving } }

    func identifiers(_ condition: (InstanceState) -> Bool) -> [InstanceIdentifier] {
        machine.view.instances.filter { condition($0.state) }.map(\.identifier)
    }

    func view(_ identifier: InstanceIdentifier) -> InstanceView? {
        machine.view.instances.first { $0.identifier == identifier }
    }

    private func texts(_ isWanted: (FleetDirective) -> Bool) -> [String] {
        lines.compactMap { time, directive in
            switch directive {
            case .ask, .measure, .accept, .refuse: return nil
            default: break
            }
            guard isWanted(directive) else { return nil }
            let tenths = (time - zero + Stage.second / 20) / (Stage.second / 10)
            let seconds = tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
            return "\(seconds) \(directive)"
        }
    }
}

/// Compares lines with a table, and shows the first difference.
func expect(_ lines: [String], _ table: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let expected = table.split(separator: "\n").map(String.init)
    #expect(lines == expected, "directives:\n\(lines.joined(separator: "\n"))", sourceLocation: sourceLocation)
}
