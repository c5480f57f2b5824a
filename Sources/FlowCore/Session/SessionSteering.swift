internal import FlowLayout

/// The instance that a new session goes to (FLEET-1), and the instance whose ring receives an event.
///
/// Processes fill the steering table entry by entry. Any mixture of the old and the new table is valid.
package enum SessionSteering {
    /// The instance that the table names for a key; 0: none.
    ///
    /// The table uses the hash's highest bits, the flow index's buckets use its lowest bits.
    ///
    /// - Parameter hash: the hash of the key (``KeyHash``).
    @inline(__always)
    package static func instance<T: SlotTables>(hash: UInt64, _ tables: T) -> UInt32 {
        UInt32(tables.steering(UInt32(truncatingIfNeeded: hash &>> 50))) & 63
    }

    /// Takes a slot for a new session. First choice is the instance that its key is steered to, if that instance serves
    /// and has a free slot. Then any other serving instance, then the pool. So a session is refused only when the whole
    /// table is full (SESS-9).
    @inline(__always)
    package static func takeSlot<T: SlotTables>(hash: UInt64, _ tables: T) -> UInt32? {
        guard let runtime = tables.runtime else { return nil }
        let serving = sluice_load64(&runtime.pointee.servingInstances)
        let steered = instance(hash: hash, tables)
        if serving &>> UInt64(steered) & 1 != 0, let slot = tables.takeSlot(of: steered) { return slot }
        // Starts with the next one, so that the overflow is distributed as well.
        var others = rotated(serving & ~(1 &<< UInt64(steered)), by: steered)
        var remaining = 63
        while others != 0 && remaining > 0 {
            remaining &-= 1
            let distance = UInt32(truncatingIfNeeded: others.trailingZeroBitCount)
            others &= others &- 1
            if let slot = tables.takeSlot(of: (steered &+ distance) & 63) { return slot }
        }
        return tables.takeSlot(of: 0)
    }

    /// The instance whose ring receives an event. For a session this is the owner of its slab. A deny has no slab: it
    /// goes to the instance that the key is steered to.
    ///
    /// - Parameters:
    ///   - kind: ``EventKind``.
    ///   - hash: the hash of the key.
    ///   - slot: the slot of the session; not used for a deny.
    @inline(__always)
    package static func ringOwner<T: SlotTables>(
        of kind: UInt32, hash: UInt64, slot: UInt32, _ tables: T
    ) -> UInt32 {
        guard let runtime = tables.runtime else { return 0 }
        if kind != UInt32(EventKind.deny.rawValue), let slab = tables.slab(slot >> (runtime.pointee.slabShift & 31)) {
            let owner = sluice_load32(&slab.pointee.owner)
            if owner != 0 && owner < UInt32(SLUICE_MAX_INSTANCES) { return owner }
        }
        return instance(hash: hash, tables)
    }

    @inline(__always)
    private static func rotated(_ bits: UInt64, by count: UInt32) -> UInt64 {
        bits &>> UInt64(count) | bits &<< (UInt64(64) &- UInt64(count))
    }
}
