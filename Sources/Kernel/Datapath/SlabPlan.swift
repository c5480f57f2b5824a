internal import FlowLayout

/// How a capacity is divided into slots and slabs.
///
/// A slab has a power of two of slots, at least 64 and at most 65,536, and there are at most ``maximumSlabs`` of them.
/// So the number of slots is the capacity, rounded up to whole slabs.
package struct SlabPlan: Equatable, Sendable {
    package static let maximumSlabs = Int(SLUICE_MAX_SLABS)
    package static let largestSlabShift = 16
    package static let smallestSlabShift = 6
    /// The largest number of sessions of one gateway.
    package static let maximumCapacitySessions = maximumSlabs << largestSlabShift

    /// A slab has `1 << slabShift` slots.
    package let slabShift: Int
    package let slabCount: Int

    package var slabSlots: Int { 1 << slabShift }
    package var slotCount: Int { slabCount << slabShift }

    /// Buckets of the flow index: a power of two, with two to four entries per slot. So a full bucket is rare, and two
    /// full buckets for one key do not happen.
    package var bucketCount: Int {
        var count = 2
        while count * 4 < slotCount { count *= 2 }
        return count
    }

    /// Throws ``KernelError/capacityOutOfRange(asked:maximum:)``.
    package init(capacitySessions: Int) throws(KernelError) {
        guard (1...Self.maximumCapacitySessions).contains(capacitySessions) else {
            throw .capacityOutOfRange(asked: capacitySessions, maximum: Self.maximumCapacitySessions)
        }
        var shift = Self.smallestSlabShift
        while capacitySessions > Self.maximumSlabs << shift { shift += 1 }
        slabShift = shift
        slabCount = (capacitySessions + (1 << shift) - 1) >> shift
    }
}
