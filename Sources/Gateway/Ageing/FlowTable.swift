package import FlowLayout

/// What the kernel keeps of a session outside of its slot, as far as the owner of the slot needs it.
package protocol FlowTable {
    /// Takes a slot's entry out of the index from 5-tuple to slot; nothing happens where the 5-tuple leads to another slot, or nowhere.
    func remove(_ key: sluice_session_key, slot: UInt32)
    /// What the ends' time stamp clocks showed last; nil where nothing is kept.
    func timestamps(slot: UInt32) -> sluice_timestamps?
    /// Gives the memory of a slot's time stamps back.
    func removeTimestamps(slot: UInt32)
}

extension FlowTable {
    package func timestamps(slot: UInt32) -> sluice_timestamps? { nil }
    package func removeTimestamps(slot: UInt32) {}
}
