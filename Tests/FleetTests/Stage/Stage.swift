import Fleet
import Foundation
import Testing

/// A fleet's machine with a shell that carries out every directive at once, in virtual time, and writes down what it was told.
///
/// Times are seconds since the stage was made. Processes start in `startSeconds`; those in `silent` show no life any more.
struct Stage {
    private(set) var machine: FleetMachine
    private(set) var lines: [(time: UInt64, directive: FleetDirective)] = []
    private(set) var now: UInt64
    private var pending: [(due: UInt64, event: FleetEvent)] = []
    private var questionNumber: UInt32 = 0
    /// Whose processes run, and with which binary.
    private(set) var processes: [InstanceIdentifier: String?] = [:]
    /// What the controller runs, and what it ran when it started each process.
    private var program = "version 1"
    private(set) var programs: [InstanceIdentifier: String] = [:]
    /// Versions whose processes end before they serve, and those that never come to serve.
    var brokenPrograms: Set<String> = []
    var hangingPrograms: Set<String> = []

    var startNanoseconds: UInt64 = 500_000_000
    /// Who lives, but shows it no more; with the last time it did.
    private(set) var silent: [InstanceIdentifier: (heartbeat: UInt64, answered: UInt32)] = [:]
    /// After a pause of the whole machine: the last signs of life of all, until the next look.
    private var frozen: (heartbeat: UInt64, answered: UInt32)?
    /// The last signs of life in each record: what the next process of an instance finds, until it is ready.
    private var beats: [InstanceIdentifier: (heartbeat: UInt64, answered: UInt32)] = [:]
    /// Who beats, but does not answer.
    var mute: Set<InstanceIdentifier> = []
    /// Who does not end on SIGTERM.
    var stubborn: Set<InstanceIdentifier> = []
    /// Binaries whose instances end before they serve.
    var broken: Set<String> = []
    /// What a check of a binary finds.
    var binaryProblem: String?
    /// Sessions and tombstones that are told of those that drain.
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

    /// A stage on which as many instances serve as there must.
    static func serving(
        _ settings: FleetSettings = FleetSettings(), zones: @escaping ZoneOffsets = { _, _ in 0 }
    ) -> Stage {
        var stage = Stage(settings, zones: zones)
        stage.run(seconds: 1)
        stage.forget()
        return stage
    }

    /// What was told is of no interest; time begins anew.
    private var zero = Stage.origin
    mutating func forget() {
        lines = []
        zero = now
    }

    // MARK: - What happens

    mutating func tell(_ event: FleetEvent) { carryOut(machine.handle(event, now: now)) }
    mutating func ask(_ command: FleetCommand) { tell(.requested(command)) }

    mutating func silence(_ identifier: InstanceIdentifier) { silent[identifier] = (now, questionNumber) }

    mutating func crash(_ identifier: InstanceIdentifier) {
        processes[identifier] = nil
        tell(.exited(identifier, .signalled(9)))
    }

    /// Lets time pass, event by event; once a second signs of life are looked at, just before the machine asks again.
    mutating func run(seconds: Double) {
        let end = now + UInt64(seconds * 1e9)
        while true {
            let timer = machine.nextTimer
            let due = min(timer, pending.map(\.due).min() ?? .max)
            guard due <= end else { break }
            now = max(now, due)
            let events = pending.filter { $0.due <= now }
            pending.removeAll { $0.due <= now }
            for (_, event) in events where isStillTrue(event) { tell(event) }
            if timer <= now {
                look()
                tell(.tick)
            }
        }
        now = end
    }

    private func isStillTrue(_ event: FleetEvent) -> Bool {
        if case .serving(let identifier) = event { return processes[identifier] != nil }
        return true
    }

    /// The whole machine is paused: time passes, and nothing else happens. Whoever looks next sees what was there before.
    mutating func pause(seconds: Double) {
        frozen = (now, questionNumber)
        let duration = UInt64(seconds * 1e9)
        now += duration
        for index in pending.indices { pending[index].due += duration }
    }

    mutating func look() {
        defer { frozen = nil }
        for identifier in processes.keys.sorted() {
            let isReady = !pending.contains { $0.event == .serving(identifier) }
            let sign = (now, mute.contains(identifier) ? 0 : questionNumber)
            let last = silent[identifier] ?? frozen ?? (isReady ? sign : beats[identifier] ?? (0, 0))
            beats[identifier] = last
            tell(.seen(identifier, heartbeat: last.heartbeat, answered: last.answered))
            if let left = sessionsLeft { tell(.sessionsLeft(identifier, live: left.live, tombstones: left.tombstones)) }
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
            // One that runs already is kept, and heard of when it is ready.
            guard processes[identifier] == nil else {
                return pending.append((now + startNanoseconds, .serving(identifier)))
            }
            programs[identifier] = binary ?? program
            if binary.map(broken.contains) ?? brokenPrograms.contains(program) {
                pending.append((now + startNanoseconds, .exited(identifier, .exited(status: 1))))
            } else {
                processes.updateValue(binary, forKey: identifier)
                silent[identifier] = nil
                if binary == nil, hangingPrograms.contains(program) { return }
                pending.append((now + startNanoseconds, .serving(identifier)))
            }
        case .endProcess(let identifier, let kill):
            guard kill || !stubborn.contains(identifier), silent[identifier] == nil || kill else { return }
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

    // MARK: - A controller that dies

    /// The snapshot, by way of JSON, as it is kept.
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

    /// The controller dies and another starts after `seconds`, with the snapshot or without; processes go on, but for those named.
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
    // MARK: - What was told

    /// What was told, a line each: seconds, then the directive; without the rhythm of questions, and the history.
    var told: [String] { texts { if case .record = $0 { false } else { true } } }

    /// The history: seconds, then what.
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

/// Compares lines with a table, and shows the first that differs.
func expect(_ lines: [String], _ table: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let expected = table.split(separator: "\n").map(String.init)
    #expect(lines == expected, "told:\n\(lines.joined(separator: "\n"))", sourceLocation: sourceLocation)
}
