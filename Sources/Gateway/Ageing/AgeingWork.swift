/// The slots of an instance that wait for a reset, a release or a probe.
package final class AgeingWork {
    /// Tombstones whose ends must receive a RST.
    package let resets: SlotQueue
    /// Slots in `ending` or `ended`, to be released.
    package let releases: SlotQueue
    /// The slots that are in one of the two queues.
    package let queued: SlotSet
    /// Idle sessions to be probed, found by this pass.
    package var probes: [SlotQueue.Entry] = []

    package init(slotCount: Int) {
        resets = SlotQueue(slotCount: slotCount)
        releases = SlotQueue(slotCount: slotCount)
        queued = SlotSet(slotCount: slotCount)
    }

    package var isEmpty: Bool { resets.isEmpty && releases.isEmpty }

    package func queueReset(_ slot: Int, generation: UInt16) {
        if queued.insert(slot) { resets.append(slot: slot, generation: generation) }
    }

    package func queueRelease(_ slot: Int, generation: UInt16) {
        if queued.insert(slot) { releases.append(slot: slot, generation: generation) }
    }
}

/// A first-in, first-out queue of slots. A slot is in a queue at most once, so the queue has one entry for each slot, allocated once.
/// Entries that are never used take no memory.
package final class SlotQueue {
    /// A slot and the generation of the session that it held when it was queued.
    package struct Entry: Equatable, Sendable {
        package let slot: UInt32
        package let generation: UInt16
    }

    private let entries: UnsafeMutablePointer<UInt64>
    private let capacity: Int
    private var head = 0
    package private(set) var count = 0

    package init(slotCount: Int) {
        capacity = max(1, slotCount)
        entries = .allocate(capacity: capacity)
    }

    deinit { entries.deallocate() }

    package var isEmpty: Bool { count == 0 }

    package func append(slot: Int, generation: UInt16) {
        precondition(count < capacity, "a slot is queued twice: \(count) entries for \(capacity) slots")
        var tail = head + count
        if tail >= capacity { tail -= capacity }
        entries[tail] = UInt64(UInt32(truncatingIfNeeded: slot)) | UInt64(generation) << 32
        count += 1
    }

    package func popFirst() -> Entry? {
        guard count > 0 else { return nil }
        let entry = entries[head]
        head += 1
        if head == capacity { head = 0 }
        count -= 1
        return Entry(
            slot: UInt32(truncatingIfNeeded: entry), generation: UInt16(truncatingIfNeeded: entry >> 32))
    }
}

/// A set of slots, one bit each: the slots that are in a queue already.
package final class SlotSet {
    private let words: UnsafeMutablePointer<UInt64>
    private let wordCount: Int

    package init(slotCount: Int) {
        wordCount = (slotCount + 63) / 64
        words = .allocate(capacity: wordCount)
        words.initialize(repeating: 0, count: wordCount)
    }

    deinit { words.deallocate() }

    package func contains(_ slot: Int) -> Bool { words[slot >> 6] & (1 << UInt64(slot & 63)) != 0 }

    /// - Returns: whether it was not in the set before.
    @discardableResult
    package func insert(_ slot: Int) -> Bool {
        let bit: UInt64 = 1 << UInt64(slot & 63)
        guard words[slot >> 6] & bit == 0 else { return false }
        words[slot >> 6] |= bit
        return true
    }

    package func remove(_ slot: Int) { words[slot >> 6] &= ~(1 << UInt64(slot & 63)) }
}
