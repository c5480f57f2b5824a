package import FlowCore
internal import FlowLayout

/// Releases the slots of ended sessions.
///
/// The order is such that a crash may happen after each step, and each step may be repeated:
/// 1. the word says `ending`, `ended` or `abandoned` (``SessionEnding``, or the kernel program);
/// 2. the key leaves the flow table;
/// 3. the word says `free`, with the next generation;
/// 4. the slot goes into its slab's ring, and the slab's bit is set.
///
/// A crash after step 2 leaves a word `ending` whose 5-tuple may already belong to a new session in another slot: so an entry is only
/// removed together with its own slot. A crash after step 3 leaves a free slot in no ring: ``FreeSlots/unlisted()`` finds it.
package final class SlotRelease<Flows: FlowTable> {
    /// Slots that are released before the loop continues with other work.
    package static var batchSize: Int { 1024 }

    let table: SessionTable
    let flows: Flows
    let freeSlots: FreeSlots
    /// Receives every session whose slot is released.
    package weak var observer: (any ReleaseObserver)?

    package init(table: SessionTable, flows: Flows) {
        self.table = table
        self.flows = flows
        self.freeSlots = FreeSlots(table: table)
    }

    /// Releases up to ``batchSize`` queued slots.
    package func releaseBatch(from work: AgeingWork) {
        var remaining = Self.batchSize
        while remaining > 0, let entry = work.releases.popFirst() {
            remaining -= 1
            let slot = Int(entry.slot)
            work.queued.remove(slot)
            let word = table.word(slot)
            // If the slab has another owner now, that instance releases the slot.
            guard word.generation == entry.generation, table.owns(slab: slot >> table.slabShift) else { continue }
            if word.isState(.ending) { flows.removeFlow(table.sessions[slot].key, slot: entry.slot) }
            giveBack(slot)
        }
    }

    /// Steps 3 and 4, for a slot whose key has been removed.
    func giveBack(_ slot: Int) {
        guard makeFree(slot) else { return }
        freeSlots.push(slot)
        freeSlots.announce(slab: slot >> table.slabShift)
    }

    /// Step 3: the free slot gets the next generation, so that its next session can't be mistaken for this one.
    func makeFree(_ slot: Int) -> Bool {
        let word = table.word(slot)
        guard word.isState(.ending) || word.isState(.ended) || word.isState(.abandoned) else { return false }
        // Copied before: once the word says `free`, the slot belongs to the next session.
        let session = table.sessions[slot]
        let free = ControlWord(tick: word.tick, state: .free, treatment: 0, generation: word.generation &+ 1)
        guard table.exchange(slot, word, with: free) else { return false }
        // The slot is in no ring yet, so the timestamps do not belong to another session.
        if session.flags & SessionFlags.keepsTimestamps != 0 {
            flows.removeTimestamps(slot: UInt32(truncatingIfNeeded: slot))
        }
        if word.isState(.abandoned) {
            // Two processors began the same session, and this slot never held it: no end is counted or logged (LOG-2).
            table.instance.pointee.begins &-= 1
            return true
        }
        table.instance.pointee.ends &+= 1
        table.countEnd(session, at: word.tick)
        observer?.released(slot: slot, word: word, session: session)
        return true
    }
}
