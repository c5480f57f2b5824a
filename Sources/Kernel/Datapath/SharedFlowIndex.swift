internal import FlowCore
internal import FlowLayout

/// The flow index in the memory that a process shares with the kernel.
struct SharedFlowIndex: FlowIndexTables {
    let runtime: UnsafeMutablePointer<sluice_runtime>?
    let buckets: UnsafeMutablePointer<sluice_bucket>
    let sessions: UnsafeMutablePointer<sluice_session>
    let words: UnsafeMutablePointer<UInt64>
    let slotCount: Int

    func bucket(_ index: UInt32) -> UnsafeMutablePointer<UInt64>? {
        UnsafeMutableRawPointer(buckets + Int(index)).assumingMemoryBound(to: UInt64.self)
    }

    func session(_ slot: UInt32) -> UnsafeMutablePointer<sluice_session>? {
        slot < slotCount ? sessions + Int(slot) : nil
    }

    func word(_ slot: UInt32) -> UnsafeMutablePointer<UInt64>? { slot < slotCount ? words + Int(slot) : nil }
}
