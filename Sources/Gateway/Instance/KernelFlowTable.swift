internal import FlowCore
internal import FlowLayout
internal import Kernel

/// The flow index and the time stamps that are shared with the kernel.
struct KernelFlowTable: FlowTable {
    let datapath: Datapath

    func remove(_ key: sluice_session_key, slot: UInt32) { datapath.removeFlow(key, slot: slot) }
    func timestamps(slot: UInt32) -> sluice_timestamps? { datapath.timestamps(slot: slot) }
    func removeTimestamps(slot: UInt32) { datapath.removeTimestamps(slot: slot) }
}

extension SessionTable {
    /// The memory of a datapath, as seen by one of its instances.
    init(_ datapath: Datapath, instanceIdentifier: UInt16) {
        self.init(
            slotCount: datapath.slotCount, slabShift: datapath.slabShift, sessions: datapath.sessions,
            words: datapath.words, freeRing: datapath.freeRing, slabs: datapath.slabs,
            treatments: datapath.treatments, runtime: datapath.runtime, sources: datapath.sources,
            tallies: datapath.tallies, instances: datapath.instances, instanceIdentifier: instanceIdentifier)
    }
}
