package import FlowLayout

/// The memory that the kernel program and the processes share, as pointers, as one instance sees it.
///
/// In a gateway the pointers refer to the kernel's maps (Kernel.Datapath), in tests to plain memory. The kernel program
/// changes the same memory at the same time. So memory with several writers is only accessed through the atomics of
/// FlowLayout.
package struct SessionTable {
    /// Slots of the whole gateway, a multiple of the slots of a slab.
    package let slotCount: Int
    /// A slab has `1 << slabShift` slots.
    package let slabShift: Int
    /// The flow index (``FlowIndex``). The number of buckets is a power of two: `bucketMask` of the runtime record,
    /// plus one.
    package let buckets: UnsafeMutablePointer<sluice_bucket>
    package let sessions: UnsafeMutablePointer<sluice_session>
    /// Control words, by slot (``ControlWord``).
    package let words: UnsafeMutablePointer<UInt64>
    /// The rings of free slots: slab s owns the entries `s << slabShift ..< (s + 1) << slabShift`.
    package let freeRing: UnsafeMutablePointer<UInt16>
    package let slabs: UnsafeMutablePointer<sluice_slab>
    /// The records of all instances, by identifier.
    package let instances: UnsafeMutablePointer<sluice_instance>
    /// Counters of sessions, by instance.
    package let tallies: UnsafeMutablePointer<sluice_tallies>
    package let treatments: UnsafeMutablePointer<sluice_treatment>
    package let runtime: UnsafeMutablePointer<sluice_runtime>
    /// Half-open sessions by source, `SLUICE_SOURCE_TALLIES` words (``SourceTally``).
    package let sources: UnsafeMutablePointer<UInt64>
    /// The instance that a new session goes to, by the hash of its key, `SLUICE_STEERING_ENTRIES` entries
    /// (``SessionSteering``).
    package let steering: UnsafeMutablePointer<UInt8>
    /// The instance that owns the slabs that are processed; 0: no instance.
    package private(set) var instanceIdentifier: UInt16

    package init(
        slotCount: Int, slabShift: Int, buckets: UnsafeMutablePointer<sluice_bucket>,
        sessions: UnsafeMutablePointer<sluice_session>, words: UnsafeMutablePointer<UInt64>,
        freeRing: UnsafeMutablePointer<UInt16>, slabs: UnsafeMutablePointer<sluice_slab>,
        instances: UnsafeMutablePointer<sluice_instance>, tallies: UnsafeMutablePointer<sluice_tallies>,
        treatments: UnsafeMutablePointer<sluice_treatment>, runtime: UnsafeMutablePointer<sluice_runtime>,
        sources: UnsafeMutablePointer<UInt64>, steering: UnsafeMutablePointer<UInt8>, instanceIdentifier: UInt16 = 0
    ) {
        self.slotCount = slotCount
        self.slabShift = slabShift
        self.buckets = buckets
        self.sessions = sessions
        self.words = words
        self.freeRing = freeRing
        self.slabs = slabs
        self.instances = instances
        self.tallies = tallies
        self.treatments = treatments
        self.runtime = runtime
        self.sources = sources
        self.steering = steering
        self.instanceIdentifier = instanceIdentifier
    }

    /// The same memory, as another instance sees it.
    package func seen(by instance: UInt16) -> SessionTable {
        var table = self
        table.instanceIdentifier = instance
        return table
    }

    package var slabCount: Int { slotCount >> slabShift }
    package var slabSlots: Int { 1 << slabShift }

    /// The same memory for FlowCore's functions.
    @inline(__always)
    package var checked: CheckedTable { CheckedTable(table: self) }
}

// Not generic, so that a process's calls of the flow index are specialised here, in the module that contains their
// code.
extension SessionTable {
    /// The slot of a key's session; nil if there is none.
    package func findFlow(_ key: UnsafePointer<sluice_session_key>) -> sluice_flow_value? {
        FlowIndex.findFlow(key, FlowIndex.Place(key, runtime), checked)
    }

    /// Enters a session whose slot is filled: ``FlowIndex/insertFlow(_:slot:_:_:)``.
    package func insertFlow(_ key: UnsafePointer<sluice_session_key>, slot: UInt32) -> Bool {
        FlowIndex.insertFlow(key, slot: slot, FlowIndex.Place(key, runtime), checked)
    }

    /// Removes the entry of a slot: ``FlowIndex/removeFlow(slot:_:_:)``.
    package func removeFlow(_ key: UnsafePointer<sluice_session_key>, slot: UInt32) {
        FlowIndex.removeFlow(slot: slot, FlowIndex.Place(key, runtime), checked)
    }
}

/// A ``SessionTable`` that checks every index; nil if an index is outside of it.
package struct CheckedTable: FlowIndexTables, SlotTables, HalfOpenTables {
    package let table: SessionTable

    package var runtime: UnsafeMutablePointer<sluice_runtime>? { table.runtime }

    package func bucket(_ index: UInt32) -> UnsafeMutablePointer<UInt64>? {
        index <= table.runtime.pointee.bucketMask
            ? UnsafeMutableRawPointer(table.buckets + Int(index)).assumingMemoryBound(to: UInt64.self) : nil
    }

    package func session(_ slot: UInt32) -> UnsafeMutablePointer<sluice_session>? {
        slot < table.slotCount ? table.sessions + Int(slot) : nil
    }

    package func word(_ slot: UInt32) -> UnsafeMutablePointer<UInt64>? {
        slot < table.slotCount ? table.words + Int(slot) : nil
    }

    package func slab(_ index: UInt32) -> UnsafeMutablePointer<sluice_slab>? {
        Int(index) < table.slabCount ? table.slabs + Int(index) : nil
    }

    package func instance(_ identifier: UInt32) -> UnsafeMutablePointer<sluice_instance>? {
        identifier < UInt32(SLUICE_MAX_INSTANCES) ? table.instances + Int(identifier) : nil
    }

    package func freeEntry(_ index: UInt32) -> UInt16? { index < table.slotCount ? table.freeRing[Int(index)] : nil }

    package func steering(_ index: UInt32) -> UInt8 {
        table.steering[Int(index) & (Int(SLUICE_STEERING_ENTRIES) &- 1)]
    }

    package func sourceTally(_ index: UInt32) -> UnsafeMutablePointer<UInt64>? {
        index < UInt32(SLUICE_SOURCE_TALLIES) ? table.sources + Int(index) : nil
    }

    package func takeSlot(of instance: UInt32) -> UInt32? { SlotAllocation.takeSlot(of: instance, self) }
}
