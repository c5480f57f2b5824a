internal import Fleet
internal import FlowCore
internal import FlowLayout

/// Which slabs an instance has: it claims them from the pool, returns what it needs no more, and notices what it was given.
///
/// Every instance has its fair share, so that the kernel finds free slots wherever it steers to. One whose share is used up
/// claims more, as long as there is any; one that has more than its share returns what is wholly free. So a new instance
/// finds slabs soon, and no session moves for it (SCALE-4).
package final class SlabKeeping {
    let table: SessionTable
    private let sharing: SlabSharing
    /// Slabs that the instance had at its last look.
    private var known: [Bool]
    /// Of each slab that it had: how many slots had been taken from it.
    private var taken: [UInt32]

    init(table: SessionTable) {
        self.table = table
        sharing = SlabSharing(table: table)
        known = (0..<table.slabCount).map { table.owns(slab: $0) }
        taken = (0..<table.slabCount).map { sluice_load32(&table.slabs[$0].head) }
    }

    /// Looks at all slabs, claims and returns.
    ///
    /// - Parameter order: what the instance is to do.
    /// - Returns: slabs that came to it since the last look and hold what others have left: to be recovered.
    func look(order: InstanceState) -> [Int] {
        var gained: [Int] = []
        for slab in 0..<table.slabCount {
            let isMine = table.owns(slab: slab)
            if isMine, !known[slab], !sharing.isWhollyFree(slab) { gained.append(slab) }
            countBegins(slab)
            known[slab] = isMine
        }
        switch order {
        case .drainingRefuse, .drainingReset:
            returnFree { _ in true }
        case .ending: break
        case .stopped, .serving, .starting, .unresponsive:
            // What the record says of a process that is gone is no order to this one.
            gained += adoptLeftovers()
            claim()
            returnSurplus()
        }
        return gained
    }

    /// Adds the slots that were taken from a slab since the last look to the instance's tally, if it had the slab then.
    private func countBegins(_ slab: Int) {
        let head = sluice_load32(&table.slabs[slab].head)
        if known[slab] { table.instance.pointee.begins &+= UInt64(head &- taken[slab]) }
        taken[slab] = head
    }

    /// What a process finds when it starts: slabs that an earlier process of the same instance has left.
    func inherited() -> [Int] { (0..<table.slabCount).filter { table.owns(slab: $0) && !sharing.isWhollyFree($0) } }

    package var ownedCount: Int { (0..<table.slabCount).count { table.owns(slab: $0) } }

    // MARK: Claiming

    /// Slabs of the pool with something in them: sessions that began while the slab was returned, or while nobody served;
    /// what a lost instance has left. Everybody takes a part of them.
    private func adoptLeftovers() -> [Int] {
        let leftovers = sharing.poolSlabsWithSessions()
        guard !leftovers.isEmpty else { return [] }
        // Each begins elsewhere, so that they do not all reach for the same ones.
        let part = (leftovers.count + sharers - 1) / sharers
        let start = Int(table.instanceIdentifier) * part % leftovers.count
        return (leftovers[start...] + leftovers[..<start]).prefix(part).filter { take($0) }
    }

    private func claim() {
        let share = fairShare
        var owned = ownedCount
        var free = FreeSlots(table: table).count
        for slab in 0..<table.slabCount where sharing.owner(of: slab) == SlabSharing.pool {
            guard owned < share || free < table.slabSlots / 2 else { return }
            guard sharing.isWhollyFree(slab), take(slab) else { continue }
            owned += 1
            free += table.slabSlots
        }
    }

    private func take(_ slab: Int) -> Bool {
        guard sharing.give(slab, from: SlabSharing.pool, to: table.instanceIdentifier) else { return false }
        countBegins(slab)
        known[slab] = true
        return true
    }

    /// Slabs that each instance has at least, as long as they last.
    private var fairShare: Int { max(1, table.slabCount / sharers) }

    /// How many instances share the slabs: those that take sessions, as the kernel or their records have it.
    private var sharers: Int {
        var mask = sluice_load64(&table.runtime.pointee.servingInstances) | 1 << UInt64(table.instanceIdentifier & 63)
        for instance in 1..<Int(SLUICE_MAX_INSTANCES) {
            let record = table.instances + instance
            let hasProcess = sluice_load32(&record.pointee.processIdentifier) != 0
            switch InstanceState(recordValue: sluice_load32(&record.pointee.state)) {
            case .starting: mask |= 1 << UInt64(instance)
            case .serving where hasProcess: mask |= 1 << UInt64(instance)
            default: break
            }
        }
        return max(1, mask.nonzeroBitCount)
    }

    // MARK: Returning

    private func returnSurplus() {
        var surplus = ownedCount - fairShare
        guard surplus > 0 else { return }
        var free = FreeSlots(table: table).count
        returnFree { _ in
            // One slab's worth stays free, or it would be claimed again.
            guard surplus > 0, free >= 2 * table.slabSlots else { return false }
            surplus -= 1
            free -= table.slabSlots
            return true
        }
    }

    /// Returns wholly free slabs, the uppermost first, because the kernel takes from the lowest.
    private func returnFree(_ mayGo: (Int) -> Bool) {
        for slab in (0..<table.slabCount).reversed()
        where table.owns(slab: slab) && sharing.isWhollyFree(slab) && mayGo(slab) {
            // Nobody is to take from it any more; who is doing so this very moment is found below.
            sharing.clearBit(slab, of: table.instanceIdentifier)
            guard sharing.isWhollyFree(slab),
                sharing.give(slab, from: table.instanceIdentifier, to: SlabSharing.pool)
            else { continue }
            known[slab] = false
            if !sharing.isWhollyFree(slab) { _ = take(slab) }
        }
    }
}
