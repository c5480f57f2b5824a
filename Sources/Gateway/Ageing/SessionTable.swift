package import FlowLayout

/// The shared memory of the sessions, as one instance sees it: pointers, and nothing that could block.
///
/// In production the pointers lead into the kernel's maps, in tests into plain memory. The kernel program changes the
/// same memory at the same time, so control words and slabs are only touched through the atomics of FlowLayout.
package struct SessionTable {
    /// Slots of the whole gateway, a multiple of a slab's.
    package let slotCount: Int
    /// A slab has `1 << slabShift` slots.
    package let slabShift: Int
    package let sessions: UnsafeMutablePointer<sluice_session>
    /// Control words, by slot.
    package let words: UnsafeMutablePointer<UInt64>
    /// Slab s owns the entries `s << slabShift ..< (s + 1) << slabShift`.
    package let freeRing: UnsafeMutablePointer<UInt16>
    package let slabs: UnsafeMutablePointer<sluice_slab>
    package let treatments: UnsafeMutablePointer<sluice_treatment>
    package let runtime: UnsafeMutablePointer<sluice_runtime>
    /// Half-open sessions by source, `SLUICE_SOURCE_TALLIES` words (FlowCore.SourceTally).
    package let sources: UnsafeMutablePointer<UInt64>
    /// What was counted of sessions, by instance.
    package let tallies: UnsafeMutablePointer<sluice_tallies>
    /// The records of all instances, by identifier.
    package let instances: UnsafeMutablePointer<sluice_instance>
    /// Whose slabs are looked after.
    package let instanceIdentifier: UInt16

    package init(
        slotCount: Int, slabShift: Int, sessions: UnsafeMutablePointer<sluice_session>,
        words: UnsafeMutablePointer<UInt64>, freeRing: UnsafeMutablePointer<UInt16>,
        slabs: UnsafeMutablePointer<sluice_slab>, treatments: UnsafeMutablePointer<sluice_treatment>,
        runtime: UnsafeMutablePointer<sluice_runtime>, sources: UnsafeMutablePointer<UInt64>,
        tallies: UnsafeMutablePointer<sluice_tallies>, instances: UnsafeMutablePointer<sluice_instance>,
        instanceIdentifier: UInt16
    ) {
        precondition(slotCount & ((1 << slabShift) - 1) == 0, "the last slab of \(slotCount) slots is not whole")
        self.slotCount = slotCount
        self.slabShift = slabShift
        self.sessions = sessions
        self.words = words
        self.freeRing = freeRing
        self.slabs = slabs
        self.treatments = treatments
        self.runtime = runtime
        self.sources = sources
        self.tallies = tallies
        self.instances = instances
        self.instanceIdentifier = instanceIdentifier
    }

    package var slabCount: Int { slotCount >> slabShift }
    package var slabSlots: Int { 1 << slabShift }

    /// The slots of a slab.
    package func slots(ofSlab slab: Int) -> Range<Int> { slab << slabShift..<(slab + 1) << slabShift }

    /// Whether this instance looks after the slab.
    package func owns(slab: Int) -> Bool { sluice_load32(&slabs[slab].owner) == UInt32(instanceIdentifier) }

    /// The instance's own record.
    package var instance: UnsafeMutablePointer<sluice_instance> { instances + Int(instanceIdentifier) }

    /// The bits of the slabs that may have free slots: four words at the start of the instance's record.
    package var slabBits: UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(instance).assumingMemoryBound(to: UInt64.self)
    }
}
