/// Slots that wait for something, first in, first out. Its room is made once: a slot is in a queue at most once, so a
/// place for each slot is enough, and what is never used costs no memory.
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
