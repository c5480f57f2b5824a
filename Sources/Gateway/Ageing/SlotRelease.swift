internal import FlowCore
internal import FlowLayout

/// Gives the slots of ended sessions back.
///
/// In this order, each step safe to be the last one before a crash, and safe to be done again:
/// 1. the word says `ending` or `ended` (``SessionEnding``, or the kernel program);
/// 2. the key leaves the flow table;
/// 3. the word says `free`, with the next generation;
/// 4. the slot goes into its slab's ring, and the slab's bit is set.
///
/// A crash after 2 leaves a word `ending` whose 5-tuple may already belong to a new session in another slot. So a slot that
/// is found `ending`, rather than made so by this process, gives up its key only if the key still leads to it. A crash after
/// 3 leaves a free slot in no ring: ``FreeSlots/unlisted()`` finds it.
package final class SlotRelease<Flows: FlowTable> {
    /// Keys that go in one system call.
    package static var batchSize: Int { 1024 }

    let table: SessionTable
    let flows: Flows
    let freeSlots: FreeSlots
    private let keys: UnsafeMutablePointer<sluice_session_key>
    private let batch: UnsafeMutablePointer<SlotQueue.Entry>
    /// Slots whose deletion failed and is to be tried again.
    package private(set) var failures: UInt64 = 0

    package init(table: SessionTable, flows: Flows) {
        self.table = table
        self.flows = flows
        self.freeSlots = FreeSlots(table: table)
        keys = .allocate(capacity: Self.batchSize)
        batch = .allocate(capacity: Self.batchSize)
    }

    deinit {
        keys.deallocate()
        batch.deallocate()
    }

    /// Releases up to ``batchSize`` queued slots.
    ///
    /// - Returns: how many were given back.
    /// - Throws: when the kernel refuses to delete; the slots stay `ending` and are found again by the next scan.
    @discardableResult
    package func releaseBatch(from work: AgeingWork) throws(Flows.Failure) -> Int {
        var keyCount = 0
        var count = 0
        while count < Self.batchSize, let entry = work.releases.popFirst() {
            let slot = Int(entry.slot)
            work.queued.remove(slot)
            let word = table.word(slot)
            guard word.generation == entry.generation else { continue }
            if word.isState(.ending) {
                let key = table.sessions[slot].key
                if leads(key, to: slot, generation: word.generation) {
                    keys[keyCount] = key
                    keyCount += 1
                }
            } else if !word.isState(.ended) {
                continue
            }
            batch[count] = entry
            count += 1
        }
        if keyCount > 0 {
            do throws(Flows.Failure) {
                try flows.deleteFlows(UnsafeBufferPointer(start: keys, count: keyCount))
            } catch {
                failures += UInt64(count)
                throw error
            }
        }
        for index in 0..<count { giveBack(Int(batch[index].slot)) }
        return count
    }

    /// Whether the 5-tuple still leads to the slot's own session.
    func leads(_ key: sluice_session_key, to slot: Int, generation: UInt16) -> Bool {
        guard let value = flows.flow(key) else { return false }
        return value.slot == UInt32(truncatingIfNeeded: slot)
            && UInt16(truncatingIfNeeded: value.generation) == generation
    }

    /// Steps 3 and 4 of a slot whose key is gone.
    func giveBack(_ slot: Int) {
        guard makeFree(slot) else { return }
        freeSlots.push(slot)
        freeSlots.announce(slab: slot >> table.slabShift)
    }

    /// Step 3: the slot rests in the next generation, so that nobody takes its next session for this one.
    func makeFree(_ slot: Int) -> Bool {
        let word = table.word(slot)
        guard word.isState(.ending) || word.isState(.ended) else { return false }
        let free = ControlWord(tick: word.tick, state: .free, treatment: 0, generation: word.generation &+ 1)
        return table.exchange(slot, word, with: free)
    }
}
