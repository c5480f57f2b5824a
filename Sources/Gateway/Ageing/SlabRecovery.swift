internal import FlowCore
internal import FlowLayout

/// Finishes what the earlier owner of slabs has left half done: tombstones whose resets may not have been sent, slots that
/// are free but in no ring. (Slots in `ending` and `ended` are found by any scan.)
struct SlabRecovery {
    /// Ticks between the two looks at slots that may have leaked, about 100 ms.
    static let restTicks: UInt32 = 6

    let table: SessionTable
    let freeSlots: FreeSlots
    private var waiting: [(slabs: [Int], candidates: [Int: ControlWord], tick: UInt32)] = []

    init(table: SessionTable, freeSlots: FreeSlots) {
        self.table = table
        self.freeSlots = freeSlots
    }

    /// - Parameter now: tick.
    mutating func begin(_ slabs: [Int], work: AgeingWork, now: UInt32) {
        guard !slabs.isEmpty else { return }
        for slab in slabs {
            for slot in table.slots(ofSlab: slab) {
                let word = table.word(slot)
                if word.isState(.resetting) { work.queueReset(slot, generation: word.generation) }
            }
        }
        let candidates = freeSlots.unlisted(in: slabs)
        if !candidates.isEmpty { waiting.append((slabs, candidates, now)) }
    }

    /// Puts back what has leaked, of the recoveries that began long enough ago.
    ///
    /// - Parameter now: tick; nil: all of them.
    /// - Returns: how many slots.
    mutating func finish(now: UInt32? = nil) -> Int {
        var count = 0
        waiting.removeAll { entry in
            if let now, now &- entry.tick < Self.restTicks { return false }
            count += freeSlots.recover(first: entry.candidates, second: freeSlots.unlisted(in: entry.slabs))
            return true
        }
        return count
    }
}
