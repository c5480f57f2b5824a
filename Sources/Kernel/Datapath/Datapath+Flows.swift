internal import FlowCore
package import FlowLayout

extension Datapath {
    /// Where the session of a 5-tuple is; nil if there is none.
    package func findFlow(_ key: sluice_session_key) -> sluice_flow_value? {
        var key = key
        return table.findFlow(&key)
    }

    /// Enters a session whose slot is filled, as the kernel does on admission; for tests and tools.
    ///
    /// - Returns: false if the 5-tuple is entered already, or if there is no room for it.
    package func insertFlow(_ key: sluice_session_key, slot: UInt32) -> Bool {
        var key = key
        return table.insertFlow(&key, slot: slot)
    }

    /// Removes a slot's entry. Does nothing if the 5-tuple belongs to another slot, or to none.
    package func removeFlow(_ key: sluice_session_key, slot: UInt32) {
        var key = key
        table.removeFlow(&key, slot: slot)
    }

    func map(_ name: String) -> KernelMap {
        guard let map = maps[name] else { preconditionFailure("map \(name) was checked when the datapath was opened") }
        return map
    }
}
