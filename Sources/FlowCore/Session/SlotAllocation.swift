package import FlowLayout

/// The free slots, as the side that takes them sees them.
package protocol SlotTables {
    var runtime: UnsafeMutablePointer<sluice_runtime>? { get }
    func instance(_ identifier: UInt32) -> UnsafeMutablePointer<sluice_instance>?
    func slab(_ index: UInt32) -> UnsafeMutablePointer<sluice_slab>?
    /// An entry of the table of rings: see ``SlabRing``.
    func freeEntry(_ index: UInt32) -> UInt16?
    /// An entry of the steering table: an instance's identifier; 0: none.
    func steering(_ index: UInt32) -> UInt8
    /// ``SlotAllocation/takeSlot(of:_:)``, which the kernel's verifier checks on its own.
    func takeSlot(of instance: UInt32) -> UInt32?
}

/// Takes free slots, on any processor, without a lock. Slots are returned by ``SlabRing/push(slot:slab:ring:shift:)``.
package enum SlotAllocation {
    /// How many empty slabs and lost races one admission accepts.
    private static var attempts: UInt32 { 24 }

    /// Takes a slot of an instance, or (0) of the pool; nil if its slabs have none, or if too many others take slots at
    /// once.
    @inline(__always)
    package static func takeSlot<T: SlotTables>(of identifier: UInt32, _ tables: T) -> UInt32? {
        guard let instance = tables.instance(identifier), let runtime = tables.runtime else { return nil }
        let shift = runtime.pointee.slabShift & 31
        let mask = (UInt32(1) << shift) &- 1
        // The bitmap is the record's first field.
        let bitmap = UnsafeMutableRawPointer(instance).assumingMemoryBound(to: UInt64.self)
        var word = 0
        var remaining = attempts
        while remaining > 0 {
            remaining &-= 1
            let bits = sluice_load64(bitmap + (word & 3))
            if bits == 0 {
                guard word < 3 else { return nil }
                word &+= 1
                continue
            }
            let bit = UInt64(truncatingIfNeeded: bits.trailingZeroBitCount) & 63
            let index = UInt32(truncatingIfNeeded: word) &* 64 &+ UInt32(truncatingIfNeeded: bit)
            guard let slab = tables.slab(index) else { return nil }
            if sluice_load32(&slab.pointee.owner) != identifier {
                // The slab has another owner now.
                sluice_and64(bitmap + (word & 3), ~(1 << bit))
                continue
            }
            let head = sluice_load32(&slab.pointee.head)
            let tail = sluice_load32(&slab.pointee.tail)
            if head == tail {
                // The owner sets the bit again when it returns a slot, and once per scan in case that was lost.
                sluice_and64(bitmap + (word & 3), ~(1 << bit))
                continue
            }
            // The entry is read after the exchange, a full barrier. So it is what was written before the tail that was
            // read. Nobody overwrites it meanwhile: the owner would reach this position again only if the ring held
            // every slot, and the slot that is taken here is not in the ring.
            guard sluice_compare_exchange32(&slab.pointee.head, head, head &+ 1) == head else { continue }
            let base = index << shift
            guard let offset = tables.freeEntry(base | (head & mask)) else { return nil }
            return base | UInt32(offset)
        }
        return nil
    }
}

/// A slab's ring of free slots. The kernel takes at the head. Only the slab's owner returns slots, at the tail.
package enum SlabRing {
    /// Free slots in the ring.
    @inline(__always)
    package static func count(_ slab: UnsafeMutablePointer<sluice_slab>) -> UInt32 {
        sluice_load32(&slab.pointee.tail) &- sluice_load32(&slab.pointee.head)
    }

    /// Returns a slot. The entry is written before the tail that publishes it.
    ///
    /// - Parameters:
    ///   - slot: index in the whole table.
    ///   - ring: the table of all rings, 16 bits an entry; slab s has the entries from `s << shift` on.
    ///   - shift: a slab has `1 << shift` slots.
    @inline(__always)
    package static func push(
        slot: UInt32, slab: UnsafeMutablePointer<sluice_slab>, ring: UnsafeMutablePointer<UInt16>, shift: UInt32
    ) {
        let mask = (UInt32(1) << shift) &- 1
        let tail = sluice_load32(&slab.pointee.tail)
        let entry = (slot & ~mask) | (tail & mask)
        ring[Int(entry)] = UInt16(truncatingIfNeeded: slot & mask)
        sluice_store32_release(&slab.pointee.tail, tail &+ 1)
    }
}
