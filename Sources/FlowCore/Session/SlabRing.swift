package import FlowLayout

/// A slab's ring of free slots. The kernel takes at the head; the slab's owner, and nobody else, puts back at the tail.
package enum SlabRing {
    /// Free slots in the ring.
    @inline(__always)
    package static func count(_ slab: UnsafeMutablePointer<sluice_slab>) -> UInt32 {
        sluice_load32(&slab.pointee.tail) &- sluice_load32(&slab.pointee.head)
    }

    /// Puts a slot back. The entry is written before the tail that publishes it.
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
