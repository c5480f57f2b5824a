package import FlowLayout

/// How many TCP sessions are half-open. The result is compared with their share of the table (BAD-2, BAD-8).
///
/// A single number that is incremented and decremented can become wrong forever: a process may be killed between the
/// end of a session and the decrement. Instead:
/// - The kernel program, which can't be killed within a packet, counts in each slab the sessions that packets make
///   half-open, and those that packets make not half-open any more.
/// - The owner of the slab counts, in each of its passes, the sessions that *are* half-open. It stores the difference
///   between the two counters and that count: the slab's offset. What processes end needs no counter, because the next
///   count doesn't find it.
/// - So `begun - left - offset` is the result of the last count plus the changes by packets since.
/// - For the whole table the kernel program keeps the sum of the changes. Whoever has counted writes the sum of the
///   offsets again, from all slabs.
///
/// *It never stays wrong.* No count depends on the one before. Whatever was missed, counted twice or cut off by a kill
/// is corrected by the owner's next pass, and a process that starts counts first. If two instances write the sum at the
/// same moment, the next pass of either corrects it.
///
/// *It never refuses by mistake.* The count reads the counter of begun sessions before it reads the slots, and the
/// counter of left sessions afterwards. So any error is upwards, by the changes during the count, and lasts for one
/// pass. (The count can miss one session for a processor that is between the exchange of a word and its counter. A
/// result below zero counts as zero.)
package enum HalfOpenTally {
    /// Half-open sessions in the whole table.
    @inline(__always)
    package static func estimate(_ runtime: UnsafeMutablePointer<sluice_runtime>) -> UInt32 {
        atLeastZero(sluice_load32(&runtime.pointee.halfOpenChanges) &- sluice_load32(&runtime.pointee.halfOpenOffset))
    }

    /// Half-open sessions of one slab.
    package static func estimate(_ slab: UnsafeMutablePointer<sluice_slab>) -> UInt32 {
        atLeastZero(
            sluice_load32(&slab.pointee.halfOpenBegun) &- sluice_load32(&slab.pointee.halfOpenLeft)
                &- sluice_load32(&slab.pointee.halfOpenOffset))
    }

    /// The new offset after a count.
    ///
    /// - Parameters:
    ///   - begunBefore: the slab's counter, read before the slots were read.
    ///   - leftAfter: the slab's counter, read after the slots were read.
    package static func offset(begunBefore: UInt32, leftAfter: UInt32, counted: UInt32) -> UInt32 {
        begunBefore &- leftAfter &- counted
    }

    @inline(__always)
    private static func atLeastZero(_ difference: UInt32) -> UInt32 {
        Int32(truncatingIfNeeded: difference) < 0 ? 0 : difference
    }
}
