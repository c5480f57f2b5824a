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

    /// One session left the half-open states by the owner's hand.
    package func countHalfOpenLeft() {
        _ = withUnsafeMutablePointer(to: &runtime.pointee.halfOpenCount) { sluice_fetch_add32($0, UInt32.max) }
    }

    /// Resets were sent for sessions of this instance, by itself or by the controller.
    func countResets(sent: Int, failed: Int) {
        withUnsafeMutablePointer(to: &instance.pointee.resetsSent) { sluice_add64($0, UInt64(sent)) }
        withUnsafeMutablePointer(to: &instance.pointee.resetsFailed) { sluice_add64($0, UInt64(failed)) }
    }
}
