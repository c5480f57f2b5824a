/// A set of slots, one bit each: which slots are in a queue already.
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
