package import FlowCore
internal import FlowLayout

extension SessionTable {
    /// A slot's control word, as it is this moment.
    package func word(_ slot: Int) -> ControlWord { ControlWord(rawValue: sluice_load64(words + slot)) }

    /// Replaces a control word if it is still the one that was read. Of two who try, one wins (IDLE-6).
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

    /// A session left the half-open states by a process's hand. Only its source's tally needs to know: the other one is made by
    /// counting (``HalfOpenCount``).
    ///
    /// - Parameter session: as it was: its slot may be another's by now.
    func noteHalfOpenLeft(_ session: sluice_session, now: UInt32) {
        withUnsafePointer(to: session) { HalfOpenSessions.leftSource($0, now: now, HalfOpenMemory(table: self)) }
    }
}

/// The tallies of half-open sessions, as FlowCore asks for them.
private struct HalfOpenMemory: HalfOpenTables {
    let table: SessionTable

    var runtime: UnsafeMutablePointer<sluice_runtime>? { table.runtime }

    func slab(_ index: UInt32) -> UnsafeMutablePointer<sluice_slab>? {
        Int(index) < table.slabCount ? table.slabs + Int(index) : nil
    }

    func sourceTally(_ index: UInt32) -> UnsafeMutablePointer<UInt64>? {
        index < UInt32(SLUICE_SOURCE_TALLIES) ? table.sources + Int(index) : nil
    }
}
