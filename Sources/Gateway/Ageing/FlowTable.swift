package import FlowLayout

/// The index from 5-tuple to slot, as far as the owner of a slot needs it.
package protocol FlowTable {
    /// Takes a slot's entry out; nothing happens where the 5-tuple leads to another slot, or nowhere.
    func remove(_ key: sluice_session_key, slot: UInt32)
}
