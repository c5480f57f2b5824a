package import FlowLayout

/// How many TCP sessions are half-open: what their share of the table is held against (BAD-2, BAD-8).
///
/// Nobody adds and subtracts to one number for ever, because a process that is killed between the end of a session and its
/// subtraction would leave the number wrong for ever. Instead:
/// - The kernel program, which can't be killed within a packet, counts in each slab what begins and what leaves by a packet.
/// - The owner of the slab counts, in each of its passes, the sessions that *are* half-open, and writes down by how much the two
///   counters differ from that: the slab's offset. What processes end needs no counting, as the next count doesn't find it.
/// - So `begun - left - offset` is what the last count found, plus what has changed by packets since.
/// - For the whole table the kernel program keeps the sum of the changes, and whoever has counted writes the sum of the offsets anew,
///   from all slabs.
///
/// *It never stays wrong.* Nothing is carried over from one count to the next: whatever was missed, doubled or cut off by a kill
/// is gone with the owner's next pass, and a process that starts counts first. What two instances write to the sum at the same
/// moment is right again with the next pass of either.
///
/// *It never refuses by mistake.* The count reads what has begun before it looks at the slots, and what has left afterwards. So it
/// errs upwards only, by what changes while it looks, for one pass. (A processor that stands between the exchange of a word
/// and its counter can be missed by one. Below zero counts as zero.)
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

    /// What a count makes the offset.
    ///
    /// - Parameters:
    ///   - begunBefore: the slab's counter, read before the slots were looked at.
    ///   - leftAfter: the slab's counter, read after that.
    package static func offset(begunBefore: UInt32, leftAfter: UInt32, counted: UInt32) -> UInt32 {
        begunBefore &- leftAfter &- counted
    }

    @inline(__always)
    private static func atLeastZero(_ difference: UInt32) -> UInt32 {
        Int32(truncatingIfNeeded: difference) < 0 ? 0 : difference
    }
}
