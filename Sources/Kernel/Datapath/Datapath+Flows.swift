internal import FlowCore
package import FlowLayout

extension Datapath {
    /// Where the session of a 5-tuple is; nil if there is none.
    package func flow(_ key: sluice_session_key) -> sluice_flow_value? {
        var key = key
        return FlowIndex.find(&key, FlowIndex.Place(&key, runtime), index)
    }

    /// Enters a session whose slot is filled, as the kernel does on admission; for tests and tools.
    ///
    /// - Returns: false where the 5-tuple is entered already, or there is no room for it.
    package func insertFlow(_ key: sluice_session_key, slot: UInt32) -> Bool {
        var key = key
        return FlowIndex.insert(&key, slot: slot, FlowIndex.Place(&key, runtime), index)
    }

    /// Takes 5-tuples out of the flow index. Those that are not there are passed over.
    package func deleteFlows(_ keys: [sluice_session_key]) {
        keys.withUnsafeBufferPointer { deleteFlows($0) }
    }

    /// Takes 5-tuples out of the flow index. Those that are not there are passed over.
    package func deleteFlows(_ keys: UnsafeBufferPointer<sluice_session_key>) {
        guard let start = keys.baseAddress else { return }
        for number in 0..<keys.count {
            let place = FlowIndex.Place(start + number, runtime)
            guard let found = FlowIndex.find(start + number, place, index) else { continue }
            FlowIndex.remove(slot: found.slot, place, index)
        }
    }

    private var index: SharedFlowIndex {
        SharedFlowIndex(runtime: runtime, buckets: buckets, sessions: sessions, words: words, slotCount: slotCount)
    }

    func map(_ name: String) -> KernelMap {
        guard let map = maps[name] else { preconditionFailure("map \(name) was checked when the datapath was opened") }
        return map
    }
}
