package import FlowLayout

/// Which instance a new session goes to (FLEET-1), and what it tells its events to.
///
/// The steering table is filled by processes, an entry at a time: any mixture of the old table and the new one is right.
package enum Steering {
    /// The instance that the table names for a key; 0: none.
    ///
    /// The table goes by the hash's uppermost bits, the flow index's buckets by its lowest.
    @inline(__always)
    package static func instance<T: SlotTables>(
        of key: UnsafePointer<sluice_session_key>, _ tables: T
    ) -> UInt32 {
        UInt32(tables.steering(UInt32(truncatingIfNeeded: tables.hash(of: key) &>> 50))) & 63
    }

    /// Takes a slot for a new session: of the instance that its key is steered to, if that serves and has one free; else of
    /// any other serving one; else of the pool, so that a session is refused only when the whole table is full (SESS-9).
    @inline(__always)
    package static func takeSlot<T: SlotTables>(
        for key: UnsafePointer<sluice_session_key>, _ tables: T
    ) -> UInt32? {
        guard let runtime = tables.runtime else { return nil }
        let serving = sluice_load64(&runtime.pointee.servingInstances)
        let steered = instance(of: key, tables)
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

    /// Whose event ring is told: the owner of the session's slab, and of what has none the instance it would be steered to.
    @inline(__always)
    package static func instance<T: SlotTables>(
        for event: UnsafePointer<sluice_event>, _ tables: T
    ) -> UInt32 {
        guard let runtime = tables.runtime else { return 0 }
        if event.pointee.kind != EventKind.deny.rawValue,
            let slab = tables.slab(event.pointee.slot >> (runtime.pointee.slabShift & 31))
        {
            let owner = sluice_load32(&slab.pointee.owner)
            if owner != 0 && owner < UInt32(SLUICE_MAX_INSTANCES) { return owner }
        }
        let key = UnsafeRawPointer(event) + 8
        return instance(of: key.assumingMemoryBound(to: sluice_session_key.self), tables)
    }

    @inline(__always)
    private static func rotated(_ bits: UInt64, by count: UInt32) -> UInt64 {
        bits &>> UInt64(count) | bits &<< (UInt64(64) &- UInt64(count))
    }
}
