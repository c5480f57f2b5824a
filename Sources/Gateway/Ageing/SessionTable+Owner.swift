package import FlowCore
package import FlowLayout

/// The operations of a slab's owner on the table.
extension SessionTable {
    /// The slots of a slab.
    package func slots(ofSlab slab: Int) -> Range<Int> { slab << slabShift..<(slab + 1) << slabShift }

    /// Whether this instance owns the slab.
    package func owns(slab: Int) -> Bool { sluice_load32(&slabs[slab].owner) == UInt32(instanceIdentifier) }

    /// The instance's own record.
    package var instance: UnsafeMutablePointer<sluice_instance> { instances + Int(instanceIdentifier) }

    /// The bits of the slabs that may have free slots: four words at the start of the instance's record.
    package var slabBits: UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(instance).assumingMemoryBound(to: UInt64.self)
    }

    /// A slot's control word at this moment.
    package func word(_ slot: Int) -> ControlWord { ControlWord(rawValue: sluice_load64(words + slot)) }

    /// Replaces a control word if it is still the one that was read. If two processes try, one succeeds (IDLE-6).
    ///
    /// - Returns: whether it was replaced.
    package func exchange(_ slot: Int, _ expected: ControlWord, with desired: ControlWord) -> Bool {
        sluice_compare_exchange64(words + slot, expected.rawValue, desired.rawValue) == expected.rawValue
    }

    /// Whether the slot still holds the session of that generation, in that state.
    package func holds(_ slot: Int, generation: UInt16, state: SessionState) -> Bool {
        let word = self.word(slot)
        return word.generation == generation && word.isState(state)
    }

    /// Records, for its source, that a process has ended a half-open session. The tally of the whole table is made by counting
    /// (``HalfOpenCount``).
    ///
    /// - Parameter session: a copy, because its slot may hold another session now.
    func noteHalfOpenLeft(_ session: sluice_session, now: UInt32) {
        withUnsafePointer(to: session) { HalfOpenSessions.noteSourceLeft($0, now: now, checked) }
    }
}
