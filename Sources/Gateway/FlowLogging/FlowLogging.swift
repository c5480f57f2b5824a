internal import FlowCore
internal import FlowLayout
internal import FlowLog
import Glibc
internal import Kernel
internal import Policy

/// Flow logs as the instance's loop sees them: it says what happens, looks at the live sessions by and by, and hands entries
/// to the thread that writes. Nothing here waits.
final class FlowLogging: ReleaseObserver {
    /// Slots that one turn looks at.
    private static let slotsPerTurn = 1 << 16
    /// Walks over all slots in an interval: a tuple comes at most this part of it late.
    private static let walksPerInterval: UInt64 = 30

    /// How long the writer is waited for when the gateway is taken down; what comes later waits in the queue, as it may.
    private static let endingNanoseconds: UInt64 = 1_000_000_000

    private let table: SessionTable
    private let datapath: Datapath
    private let memory: FlowMarkMemory
    private let thread: FlowLogThread
    private let walkNanoseconds: UInt64
    private var ledger: FlowLedger
    private var entries: [FlowEntry] = []
    private var clock = FlowLogging.now()
    private var cursor = 0
    private var nextWalk: UInt64 = 0
    private var countedAt: UInt64 = 0

    /// - Parameter isNew: whether nothing was logged until now, and so nothing was left out of it.
    init(
        isNew: Bool, plan: FlowLogPlan, table: SessionTable, datapath: Datapath, directory: RunDirectory, log: Log
    ) throws(SystemError) {
        self.table = table
        self.datapath = datapath
        memory = try FlowMarkMemory(
            path: directory.flowMarksPath, slotCount: table.slotCount, identity: table.runtime.pointee.identity)
        ledger = FlowLedger(
            marks: memory.marks, intervalTicks: Tick.of(nanoseconds: plan.intervalNanoseconds))
        walkNanoseconds = max(plan.intervalNanoseconds / Self.walksPerInterval, Tick.nanoseconds)
        let statePath = directory.flowLogStatePath(table.instanceIdentifier)
        var lastProblem: String?
        let memory = memory
        if isNew { _ = Self.leftOut(datapath, memory) }
        thread = try FlowLogThread {
            Self.makeWriter(plan, directory)
        } report: { state in
            if state.problem != lastProblem {
                if let problem = state.problem {
                    log.error(problem)
                } else {
                    log.notice("the flow log is written again")
                }
                lastProblem = state.problem
            }
            do throws(SystemError) {
                try directory.write(state, to: statePath)
            } catch {
                log.warning("the flow log's state can't be written", ["cause": "\(error)"])
            }
        }
    }

    private static func makeWriter(_ plan: FlowLogPlan, _ directory: RunDirectory) -> FlowLogWriter {
        // Once, at the start: later, where it is gone, what was mounted there may be.
        FlowLogWriter.makeDirectory(plan.settings.directory)
        var addresses: [UInt8: String] = [:]
        for zone in plan.zones { addresses[zone.identifier] = LinkAddress.digits(zone.interface) }
        return FlowLogWriter(plan: plan, macAddresses: addresses) {
            let rules = try? directory.read(RuleIdentities.self, from: directory.rulesPath)
            return rules?.names ?? [:]
        }
    }

    /// A turn of the loop begins.
    func turn() { clock = Self.now() }

    /// Takes an event of the kernel program. An end is logged when the slot is released, with the final counters.
    func take(_ event: sluice_event) {
        switch EventKind(rawValue: event.kind) {
        case .begin:
            // The slab may belong to another instance by now, which logs the begin itself.
            guard Int(event.slot) < table.slotCount, table.owns(slab: Int(event.slot) >> table.slabShift) else {
                return
            }
            let generation = table.word(Int(event.slot)).generation
            let groupRule = table.sessions[Int(event.slot)].groupRule
            let entry = ledger.began(event, generation: generation, groupRule: groupRule, clock: clock)
            if let entry { entries.append(entry) }
        case .deny:
            if let entry = ledger.denied(event, clock: clock) { entries.append(entry) }
        case nil: break
        }
    }

    func released(slot: Int, word: ControlWord, session: sluice_session) {
        ledger.released(slot: slot, word: word, session: session, clock: clock) { entries.append($0) }
    }

    /// A turn of the loop ends: a part of the walk, and what came together goes to the writer.
    func finishTurn(now: UInt64) {
        walk(now: now)
        var omitted = ledger.takeOmissions()
        if now &- countedAt >= 1_000_000_000 {
            countedAt = now
            omitted += Self.leftOut(datapath, memory)
        }
        guard !entries.isEmpty || !omitted.isEmpty else { return }
        thread.queue.put(entries, omitted: omitted)
        entries.removeAll(keepingCapacity: true)
    }

    /// - Parameter withGateway: whether the gateway is taken down and its sessions with it; else they live on, and whoever
    ///   looks after them next goes on by the marks.
    func stop(withGateway: Bool = false) {
        turn()
        finishTurn(now: clock.monotonic)
        if withGateway { endAll() }
        thread.stop()
    }

    /// Logs the ends of all sessions, in portions that the queue has room for.
    private func endAll() {
        let deadline = clock.monotonic + Self.endingNanoseconds
        for slab in 0..<table.slabCount where table.owns(slab: slab) {
            for slot in table.slots(ofSlab: slab) {
                let word = table.word(slot)
                if word.isState(.free) { continue }
                ledger.gatewayStopped(slot: slot, word: word, session: table.sessions[slot], clock: clock) {
                    entries.append($0)
                }
            }
            while thread.queue.isFilling, MonotonicClock.nanoseconds() < deadline { usleep(2_000) }
            thread.queue.put(entries)
            entries.removeAll(keepingCapacity: true)
        }
    }

    private func walk(now: UInt64) {
        if cursor == 0 {
            guard now >= nextWalk else { return }
            nextWalk = now + walkNanoseconds
        }
        let end = min(table.slotCount, cursor + Self.slotsPerTurn)
        let tick = clock.tick
        for slot in cursor..<end {
            let word = table.word(slot)
            guard ledger.isDue(slot: slot, word: word, tick: tick), table.owns(slab: slot >> table.slabShift) else {
                continue
            }
            let session = table.sessions[slot]
            // The same session before and after it was copied: else the copy may be of two.
            guard table.word(slot).generation == word.generation else { continue }
            ledger.looked(slot: slot, word: word, session: session, clock: clock) { entries.append($0) }
        }
        cursor = end == table.slotCount ? 0 : end
    }

    /// What the kernel program has left out and no instance has logged yet.
    private static func leftOut(_ datapath: Datapath, _ memory: FlowMarkMemory) -> Omissions {
        let counters = datapath.counters()
        return Omissions(
            denies: memory.new(.suppressedDenies, of: counters[Int(Counter.eventsSuppressed.rawValue)]),
            events: memory.new(.lostEvents, of: counters[Int(Counter.eventsLost.rawValue)]))
    }

    private static func now() -> WallClock {
        WallClock(monotonic: MonotonicClock.nanoseconds(), wall: WallTimeSource.nanoseconds())
    }
}
