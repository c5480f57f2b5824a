internal import FlowCore
internal import FlowLayout

/// What an instance does to its sessions when it drains: resets them paced, and repeats that for those whose ends still speak
/// (DRAIN-2). What is left at the end the controller drops (``SlabSharing/discardSessions(of:reason:now:journal:)``).
package struct Draining {
    let table: SessionTable
    let ending: SessionEnding
    private var pace: DrainPace?
    private var done = 0
    /// Where the sweep over the slots goes on; nil between two sweeps.
    private var cursor: Int?

    init(table: SessionTable, ending: SessionEnding) {
        self.table = table
        self.ending = ending
    }

    /// Resets what is due by now.
    ///
    /// - Parameters:
    ///   - now: CLOCK_MONOTONIC, nanoseconds.
    ///   - sweepAgain: whether to begin again when all slots were seen, to find sessions that began meanwhile.
    /// - Returns: whether the sweep is not at its end: come back soon.
    mutating func reset(now: UInt64, sweepAgain: Bool, work: AgeingWork) -> Bool {
        if pace == nil {
            let window = sluice_load64(&table.instance.pointee.drainWindowNanoseconds)
            // Not ordered yet.
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

    /// Queues the resets again of all tombstones that a segment has met since, if that is ordered.
    ///
    /// - Returns: how many.
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
