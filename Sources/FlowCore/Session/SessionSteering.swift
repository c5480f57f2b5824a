internal import FlowLayout

/// The instance that a new session goes to (FLEET-1), and the one whose ring gets an event.
///
/// The steering table is filled by processes, an entry at a time: any mixture of the old table and the new one is right.
package enum SessionSteering {
    /// The instance that the table names for a key; 0: none.
    ///
    /// The table goes by the hash's uppermost bits, the flow index's buckets by its lowest.
    ///
    /// - Parameter hash: of the key (``KeyHash``).
    @inline(__always)
    package static func instance<T: SlotTables>(hash: UInt64, _ tables: T) -> UInt32 {
        UInt32(tables.steering(UInt32(truncatingIfNeeded: hash &>> 50))) & 63
    }

    /// Takes a slot for a new session: of the instance that its key is steered to, if that serves and has one free; else of
    /// any other serving one; else of the pool, so that a session is refused only when the whole table is full (SESS-9).
    @inline(__always)
    package static func takeSlot<T: SlotTables>(hash: UInt64, _ tables: T) -> UInt32? {
        guard let runtime = tables.runtime else { return nil }
        let serving = sluice_load64(&runtime.pointee.servingInstances)
        let steered = instance(hash: hash, tables)
        if serving &>> UInt64(steered) & 1 != 0, let slot = tables.takeSlot(of: steered) { return slot }
        // Beginning with the next one, so that what overflows is spread as well.
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

    /// The instance whose ring gets an event: the owner of the session's slab; of a deny, which has none, the instance that the key is steered
    /// to.
    ///
    /// - Parameters:
    ///   - kind: ``EventKind``.
    ///   - hash: of the key.
    ///   - slot: of the session; a deny has none.
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
