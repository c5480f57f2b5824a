internal import FlowCore
internal import FlowLayout

/// Counts the half-open sessions of an instance's slabs, so that the tally for admission is exact after each pass (``HalfOpenTally``
/// explains why).
struct HalfOpenCount {
    let table: SessionTable
    /// The kernel program's counters at the last count of each slab, if this process made it.
    private var last: [(begun: UInt32, left: UInt32)?]

    init(table: SessionTable) {
        self.table = table
        last = Array(repeating: nil, count: table.slabCount)
    }

    /// Counts each slab that may have changed, and writes the new sum of all slabs.
    mutating func run() {
        for slab in 0..<table.slabCount {
            guard table.owns(slab: slab) else {
                last[slab] = nil
                continue
            }
            let record = table.slabs + slab
            let begun = sluice_load32_acquire(&record.pointee.halfOpenBegun)
            let left = sluice_load32(&record.pointee.halfOpenLeft)
            // If none is half-open, and nothing has begun or left since, none is half-open now.
            if let last = last[slab], last == (begun, left), HalfOpenTally.estimate(record) == 0 { continue }
            let counted = count(slab)
            sluice_fence_loads()
            let leftAfter = sluice_load32(&record.pointee.halfOpenLeft)
            sluice_store32(
                &record.pointee.halfOpenOffset,
                HalfOpenTally.offset(begunBefore: begun, leftAfter: leftAfter, counted: counted))
            last[slab] = (begun, leftAfter)
        }
        var sum: UInt32 = 0
        for slab in 0..<table.slabCount { sum &+= sluice_load32(&table.slabs[slab].halfOpenOffset) }
        sluice_store32(&table.runtime.pointee.halfOpenOffset, sum)
    }

    /// A separate loop without branches, because it runs for every slot of a busy slab.
    @inline(never)
    private func count(_ slab: Int) -> UInt32 {
        var count: UInt32 = 0
        for slot in table.slots(ofSlab: slab) {
            let state = UInt32(truncatingIfNeeded: sluice_load64(table.words + slot) &>> 32) & 0xF
            // synSent and synReceived: 1 and 2.
            count &+= (state &- 1) < 2 ? 1 : 0
        }
        return count
    }
}
