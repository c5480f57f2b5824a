internal import FlowCore
internal import FlowLayout

/// How a draining instance ends its sessions: it resets them at a limited rate, and repeats the RSTs for sessions whose ends still send
/// (DRAIN-2). At the end, the controller discards the rest (``SlabSharing/discardSessions(of:reason:now:journal:)``).
package struct Draining {
    let table: SessionTable
    let ending: SessionEnding
    private var pace: DrainPace?
    private var done = 0
    /// The slot at which the sweep continues; nil between two sweeps.
    private var cursor: Int?

    init(table: SessionTable, ending: SessionEnding) {
        self.table = table
        self.ending = ending
    }

    /// Resets the sessions that are due by now.
    ///
    /// - Parameters:
    ///   - now: CLOCK_MONOTONIC, nanoseconds.
    ///   - sweepAgain: whether to begin again after all slots were checked, to find sessions that began meanwhile.
    /// - Returns: whether the sweep has not reached its end: call it again soon.
    mutating func reset(now: UInt64, sweepAgain: Bool, work: AgeingWork) -> Bool {
        if pace == nil {
            let window = sluice_load64(&table.instance.pointee.drainWindowNanoseconds)
            // No drain is ordered yet.
            guard window > 0 else { return false }
            pace = DrainPace(
                start: now, windowNanoseconds: window,
                total: SlabSharing(table: table).counts()[table.instanceIdentifier]?.live ?? 0)
            cursor = 0
        } else if cursor == nil, sweepAgain {
            cursor = 0
        }
        guard let pace, var slot = cursor else { return false }
        let due = pace.due(now: now)
        let tick = Tick.of(nanoseconds: now)
        while slot < table.slotCount {
            if !table.owns(slab: slot >> table.slabShift) {
                slot = (slot >> table.slabShift + 1) << table.slabShift
                continue
            }
            if done >= due {
                cursor = slot
                return true
            }
            let generation = table.word(slot).generation
            switch ending.end(slot: slot, generation: generation, reason: .drain, now: tick) {
            case .resetting:
                done += 1
                work.queueReset(slot, generation: generation)
            case .ending:
                done += 1
                work.queueRelease(slot, generation: generation)
            case .lost, .nothing, .probe: break
            }
            slot += 1
        }
        cursor = nil
        return false
    }

    /// If it is ordered, queues another RST for each tombstone that has received a segment since.
    ///
    /// - Returns: the number of tombstones.
    func repeatResets(work: AgeingWork) -> Int {
        let ordered = sluice_load32(&table.instance.pointee.repeatsOrdered)
        guard ordered != sluice_load32(&table.instance.pointee.repeatsDone) else { return 0 }
        var count = 0
        for slab in 0..<table.slabCount where table.owns(slab: slab) {
            for slot in table.slots(ofSlab: slab) {
                let word = table.word(slot)
                guard word.isState(.resetting), table.sessions[slot].flags & SessionFlags.spokeSinceReset != 0 else {
                    continue
                }
                sluice_clear_session_flags(table.sessions + slot, SessionFlags.spokeSinceReset)
                work.queueReset(slot, generation: word.generation)
                count += 1
            }
        }
        sluice_store32(&table.instance.pointee.repeatsDone, ordered)
        return count
    }

    /// The drain was cancelled, or has not begun.
    mutating func forget() {
        pace = nil
        cursor = nil
        done = 0
    }
}

/// The progress of a drain.
package enum DrainProgress: Equatable, Sendable {
    /// No drain is ordered.
    case none
    /// More sessions must be reset soon.
    case busy
    /// All sessions are reset; their tombstones stay until the end.
    case waiting
}

/// The rate of a drain's resets: evenly over the given time. `DrainMachine` gives 10 s of the 45 s of the reset phase, so that the
/// repetitions (at a third and two thirds of it) find every session reset (DRAIN-2).
package struct DrainPace: Equatable, Sendable {
    /// The minimum number of sessions that are reset at once.
    package static let batch = 128
    let start: UInt64
    let spanNanoseconds: UInt64
    let total: Int

    /// - Parameters:
    ///   - start: CLOCK_MONOTONIC, nanoseconds.
    ///   - windowNanoseconds: the time within which all sessions must be reset.
    ///   - total: sessions to reset.
    package init(start: UInt64, windowNanoseconds: UInt64, total: Int) {
        self.start = start
        spanNanoseconds = windowNanoseconds
        self.total = total
    }

    /// The number of sessions that should have been reset by now; unlimited when the time is over.
    package func due(now: UInt64) -> Int {
        let elapsed = now > start ? now - start : 0
        guard elapsed < spanNanoseconds else { return Int.max }
        return Int(Double(total) * Double(elapsed) / Double(spanNanoseconds)) + Self.batch
    }
}
