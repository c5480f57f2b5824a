package import FlowCore
internal import FlowLayout

/// The result of a pass over the table.
package struct ScanResult: Equatable, Sendable {
    package var expired = 0
    package var resets = 0
    /// Sessions that a segment kept alive: it arrived between the check and the exchange.
    package var races = 0

    package init(expired: Int = 0, resets: Int = 0, races: Int = 0) {
        self.expired = expired
        self.resets = resets
        self.races = races
    }
}

/// Finds expired sessions by a linear pass over the control words of the instance's slabs.
///
/// A pass only ends sessions, by compare-and-exchange, and queues the follow-up work. So a million sessions that expire together all
/// end within one pass (IDLE-1), however long it takes to send their RSTs.
package struct ExpiryScan {
    /// The maximum number of probes that one pass asks for; the others wait for the next pass.
    static let probesPerPass = 4096

    let table: SessionTable
    let ending: SessionEnding
    let limits: ExpiryLimits

    package init(table: SessionTable, ending: SessionEnding, limits: ExpiryLimits) {
        self.table = table
        self.ending = ending
        self.limits = limits
    }

    /// Checks every slot of the instance once.
    ///
    /// - Parameters:
    ///   - now: tick.
    ///   - work: the queues for the follow-up work.
    ///   - isProbed: whether the session in a slot is being probed already.
    package func run(now: UInt32, into work: AgeingWork, isProbed: (Int) -> Bool = { _ in false }) -> ScanResult {
        var result = ScanResult()
        work.probes.removeAll(keepingCapacity: true)
        var slab = 0
        while slab < table.slabCount {
            if table.owns(slab: slab) {
                let slots = table.slots(ofSlab: slab)
                var slot = nextDue(from: slots.lowerBound, to: slots.upperBound, now: now)
                while slot < slots.upperBound {
                    take(slot, now, work, &result, isProbed)
                    slot = nextDue(from: slot + 1, to: slots.upperBound, now: now)
                }
            }
            slab += 1
        }
        return result
    }

    /// The first slot that is due; `end` if there is none. This loop runs a million times in a pass. It loads the word, loads its limit,
    /// and compares.
    @inline(never)
    func nextDue(from start: Int, to end: Int, now: UInt32) -> Int {
        let words = table.words
        let limits = limits.limits
        var slot = start
        while slot < end {
            let word = sluice_load64(words + slot)
            let age = Int32(truncatingIfNeeded: now &- UInt32(truncatingIfNeeded: word))
            if age > limits[Int(truncatingIfNeeded: (word &>> 32) & 0xFFFF)] { return slot }
            slot &+= 1
        }
        return end
    }

    private func take(
        _ slot: Int, _ now: UInt32, _ work: AgeingWork, _ result: inout ScanResult, _ isProbed: (Int) -> Bool
    ) {
        // A queued slot is handled already. A tombstone must not end before its RSTs are sent.
        if work.queued.contains(slot) { return }
        // Read again: the loop does not return its word, and the exchange compares with this one.
        let word = table.word(slot)
        if word.isState(.ending) || word.isState(.ended) || word.isState(.abandoned) {
            return work.queueRelease(slot, generation: word.generation)
        }
        guard isDue(word, now: now) else { return }
        switch ending.expire(slot: slot, word: word, now: now) {
        case .lost: result.races += 1
        case .nothing: break
        case .resetting:
            result.expired += 1
            result.resets += 1
            work.queueReset(slot, generation: word.generation)
        case .ending:
            if !word.isState(.closed) && !word.isState(.resetting) { result.expired += 1 }
            work.queueRelease(slot, generation: word.generation)
        case .probe:
            if work.probes.count < Self.probesPerPass, !isProbed(slot) {
                work.probes.append(
                    SlotQueue.Entry(slot: UInt32(truncatingIfNeeded: slot), generation: word.generation))
            }
        }
    }

    /// Whether a session has been idle for longer than its limit. A word newer than `now` has a negative age.
    package func isDue(_ word: ControlWord, now: UInt32) -> Bool {
        Int32(truncatingIfNeeded: now &- word.tick) > limits.limit(of: word)
    }
}
