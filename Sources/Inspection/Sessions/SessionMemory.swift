package import FlowCore
package import FlowLayout

/// The session memory for readers, while the kernel and the instances change it.
///
/// A slot is read in three steps: word, session, word again. The kernel fills a slot before it publishes the word, and
/// the slot's next session has another generation. So a session with the same generation in both words is one session,
/// not a mixture of two. Its packet and byte counts may differ by a segment.
package struct SessionMemory {
    private let words: UnsafePointer<UInt64>
    private let sessions: UnsafePointer<sluice_session>
    private let slabs: UnsafePointer<sluice_slab>
    package let slotCount: Int
    private let slabShift: Int

    package init(
        words: UnsafePointer<UInt64>, sessions: UnsafePointer<sluice_session>, slabs: UnsafePointer<sluice_slab>,
        slotCount: Int, slabShift: Int
    ) {
        self.words = words
        self.sessions = sessions
        self.slabs = slabs
        self.slotCount = slotCount
        self.slabShift = slabShift
    }

    /// Whether a slot in this state holds a session for people: neither free nor being released.
    @inline(__always)
    package static func isLive(_ word: ControlWord) -> Bool {
        (SessionState.synSent.rawValue...SessionState.resetting.rawValue).contains(word.stateValue)
    }

    @inline(__always)
    package func word(at slot: Int) -> ControlWord { ControlWord(rawValue: sluice_load64(words + slot)) }

    /// The session in a slot; nil if there is none, or if the slot was reused during the read.
    @inline(__always)
    package func record(at slot: Int) -> SessionRecord? {
        let before = word(at: slot)
        guard SessionMemory.isLive(before) else { return nil }
        let session = sessions[slot]
        let after = word(at: slot)
        guard SessionMemory.isLive(after), after.generation == before.generation else { return nil }
        return SessionRecord(
            slot: UInt32(truncatingIfNeeded: slot), word: after, session: session,
            instance: UInt16(clamping: slabs[slot >> slabShift].owner))
    }

    /// Passes every session's control word to `body`, with its slab's owner. This does not read the sessions
    /// themselves.
    @inline(__always)
    package func forEachWord(_ body: (ControlWord, _ instance: UInt16) -> Void) {
        var slot = 0
        while slot < slotCount {
            let instance = UInt16(clamping: slabs[slot >> slabShift].owner)
            let end = min(slot + 1 << slabShift, slotCount)
            while slot < end {
                let word = word(at: slot)
                if SessionMemory.isLive(word) { body(word, instance) }
                slot += 1
            }
        }
    }

    /// The session with an identifier; nil if it has ended.
    package func record(_ identifier: SessionIdentifier) -> SessionRecord? {
        guard Int(identifier.slot) < slotCount, let record = record(at: Int(identifier.slot)),
            record.word.generation == identifier.generation
        else { return nil }
        return record
    }

    /// What the slot of an ended session still contains. It may already belong to another session.
    package func remains(_ identifier: SessionIdentifier) -> sluice_session? {
        Int(identifier.slot) < slotCount ? sessions[Int(identifier.slot)] : nil
    }

    /// Passes every session that matches the filter to `body`, in the order of their slots.
    package func forEach(
        where filter: SessionFilter = SessionFilter(), _ body: (SessionRecord) throws -> Void
    ) rethrows {
        for slot in 0..<slotCount {
            guard let record = record(at: slot), filter.matches(record) else { continue }
            try body(record)
        }
    }
}
