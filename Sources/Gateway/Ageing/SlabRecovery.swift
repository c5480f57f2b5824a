internal import FlowCore
internal import FlowLayout

/// Completes the work that an earlier owner of slabs left unfinished: tombstones whose RSTs may not have been sent, and free slots that
/// are in no ring. (Every scan finds slots in `ending` and `ended`.)
struct SlabRecovery {
    /// Ticks between the two checks for leaked slots, about 100 ms.
    static let pauseTicks: UInt32 = 6

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

    /// Releases leaked slots, for the recoveries that began long enough ago.
    ///
    /// - Parameter now: tick; nil: all of them.
    /// - Returns: how many slots.
    mutating func finish(now: UInt32? = nil) -> Int {
        var count = 0
        waiting.removeAll { entry in
            if let now, now &- entry.tick < Self.pauseTicks { return false }
            count += freeSlots.recover(first: entry.candidates, second: freeSlots.unlisted(in: entry.slabs))
            return true
        }
        return count
    }
}
