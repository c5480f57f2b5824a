package import FlowCore
internal import FlowLayout

extension SessionTable {
    /// A table in plain memory. All of it is zero except the masks of slots and buckets. Release it with
    /// ``deallocate()``.
    package static func allocate(slotCount: Int, slabShift: Int, instanceIdentifier: UInt16 = 0) -> SessionTable {
        func memory<Element>(_ count: Int, _ value: Element) -> UnsafeMutablePointer<Element> {
            let pointer = UnsafeMutablePointer<Element>.allocate(capacity: count)
            pointer.initialize(repeating: value, count: count)
            return pointer
        }
        var bucketCount = 2
        while bucketCount * 4 < slotCount { bucketCount *= 2 }
        let table = SessionTable(
            slotCount: slotCount, slabShift: slabShift, buckets: memory(bucketCount, sluice_bucket()),
            sessions: memory(slotCount, sluice_session()), words: memory(slotCount, 0), freeRing: memory(slotCount, 0),
            slabs: memory(Int(SLUICE_MAX_SLABS), sluice_slab()),
            instances: memory(Int(SLUICE_MAX_INSTANCES), sluice_instance()),
            tallies: memory(Int(SLUICE_MAX_INSTANCES), sluice_tallies()),
            treatments: memory(Int(SLUICE_MAX_TREATMENTS), sluice_treatment()), runtime: memory(1, sluice_runtime()),
            sources: memory(Int(SLUICE_SOURCE_TALLIES), 0), steering: memory(Int(SLUICE_STEERING_ENTRIES), 0),
            instanceIdentifier: instanceIdentifier)
        table.runtime.pointee.slabShift = UInt32(slabShift)
        table.runtime.pointee.bucketMask = UInt32(bucketCount - 1)
        return table
    }

    package func deallocate() {
        buckets.deallocate()
        sessions.deallocate()
        words.deallocate()
        freeRing.deallocate()
        slabs.deallocate()
        instances.deallocate()
        tallies.deallocate()
        treatments.deallocate()
        runtime.deallocate()
        sources.deallocate()
        steering.deallocate()
    }
}
