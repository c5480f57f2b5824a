internal import FlowCore
internal import FlowLayout
internal import FlowLog
import Glibc
internal import Kernel
internal import Policy

/// Flow logs in the instance's loop: it receives events, checks the live sessions in portions, and passes entries to the thread that
/// writes. Nothing here waits.
final class FlowLogging: ReleaseObserver {
    /// Slots that are checked in one iteration.
    private static let slotsPerIteration = 1 << 16
    /// Number of walks over all slots in an interval. An entry is late by at most the interval divided by this.
    private static let walksPerInterval: UInt64 = 30

    /// How long the end of the gateway waits for the writer. Later entries wait in the queue, as long as it may.
    private static let endingNanoseconds: UInt64 = 1_000_000_000

    private let table: SessionTable
    private let datapath: Datapath
    private let memory: SlotRecordMemory
    private let thread: FlowLogThread
    private let walkNanoseconds: UInt64
    private var ledger: FlowLedger
    private var entries: [FlowEntry] = []
    private var clock = FlowLogging.now()
    private var cursor = 0
    private var nextWalk: UInt64 = 0
    private var countedAt: UInt64 = 0

    /// - Parameter isNew: whether nothing was logged before: then no entry was omitted before either.
    init(
        isNew: Bool, plan: FlowLogPlan, table: SessionTable, datapath: Datapath, directory: RunDirectory, log: Log
    ) throws(SystemError) {
        self.table = table
        self.datapath = datapath
        memory = try SlotRecordMemory(
            path: directory.slotRecordsPath, slotCount: table.slotCount, identity: table.runtime.pointee.identity)
        ledger = FlowLedger(
            records: memory.records, intervalTicks: Tick.of(nanoseconds: plan.intervalNanoseconds))
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
        // Once, at the start. Later, if it is missing, a file system may not be mounted there.
        FlowLogWriter.makeDirectory(plan.settings.directory)
        var addresses: [UInt8: String] = [:]
        for zone in plan.zones { addresses[zone.identifier] = LinkAddress.digits(zone.interface) }
        return FlowLogWriter(plan: plan, macAddresses: addresses) {
            let rules = try? directory.read(RuleIdentities.self, from: directory.rulesPath)
            return rules?.names ?? [:]
        }
    }

    /// Begins an iteration of the loop.
    func iterate() { clock = Self.now() }

    /// Takes an event of the kernel program. An end is logged when the slot is released, with the final counters.
    func take(_ event: sluice_event) {
        switch EventKind(rawValue: event.kind) {
        case .begin:
            // If the slab has another owner now, that instance logs the begin.
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

    /// Ends an iteration of the loop: checks a portion of the slots, and passes the collected entries to the writer.
    func finishIteration(now: UInt64) {
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

    /// - Parameter withGateway: whether the gateway stops, and its sessions end. Otherwise they continue, and the next owner of the slabs
    ///   continues with the records.
    func stop(withGateway: Bool = false) {
        iterate()
        finishIteration(now: clock.monotonic)
        if withGateway { endAll() }
        thread.stop()
    }

    /// Logs the ends of all sessions, in portions that fit in the queue.
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
        let end = min(table.slotCount, cursor + Self.slotsPerIteration)
        let tick = clock.tick
        for slot in cursor..<end {
            let word = table.word(slot)
            guard ledger.isDue(slot: slot, word: word, tick: tick), table.owns(slab: slot >> table.slabShift) else {
                continue
            }
            let session = table.sessions[slot]
            // The session must be the same before and after the copy. Otherwise the copy may mix two sessions.
            guard table.word(slot).generation == word.generation else { continue }
            ledger.observed(slot: slot, word: word, session: session, clock: clock) { entries.append($0) }
        }
        cursor = end == table.slotCount ? 0 : end
    }

    /// Entries that the kernel program has omitted and that no instance has logged yet.
    private static func leftOut(_ datapath: Datapath, _ memory: SlotRecordMemory) -> Omissions {
        let counters = datapath.counters()
        return Omissions(
            denies: memory.new(.suppressedDenies, of: counters[Int(Counter.eventsSuppressed.rawValue)]),
            events: memory.new(.lostEvents, of: counters[Int(Counter.eventsLost.rawValue)]))
    }

    private static func now() -> WallClock {
        WallClock(monotonic: MonotonicClock.nanoseconds(), wall: WallTimeSource.nanoseconds())
    }
}
