internal import Fleet
internal import FlowCore
internal import FlowLayout

/// Decides which slabs an instance owns: it claims them from the pool, returns those that it no longer needs, and notices new ones.
///
/// Every instance has its fair share, so that the kernel finds free slots at every instance that it steers to. An instance whose share
/// is used up claims more, if the pool has any. An instance with more than its share returns slabs that are wholly free. So a new
/// instance gets slabs soon, and no session moves for it (SCALE-4).
package final class SlabKeeping {
    let table: SessionTable
    private let sharing: SlabSharing
    /// Slabs that the instance owned at its last check.
    private var known: [Bool]
    /// For each slab that it owned: how many slots had been taken from it.
    private var taken: [UInt32]

    init(table: SessionTable) {
        self.table = table
        sharing = SlabSharing(table: table)
        known = (0..<table.slabCount).map { table.owns(slab: $0) }
        taken = (0..<table.slabCount).map { sluice_load32(&table.slabs[$0].head) }
    }

    /// Checks all slabs, claims and returns.
    ///
    /// - Parameter order: the state that the instance is ordered to have.
    /// - Returns: slabs that it got since the last check and that contain unfinished work of other owners: they must be recovered.
    func review(order: InstanceState) -> [Int] {
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
            // The record of a process that has ended does not apply to this instance.
            gained += adoptLeftovers()
            claim()
            returnSurplus()
        }
        return gained
    }

    /// Adds the slots that were taken from a slab since the last check to the instance's tally, if it owned the slab then.
    private func countBegins(_ slab: Int) {
        let head = sluice_load32(&table.slabs[slab].head)
        if known[slab] { table.instance.pointee.begins &+= UInt64(head &- taken[slab]) }
        taken[slab] = head
    }

    /// For a process that starts: slabs that an earlier process of the same instance has left.
    func inherited() -> [Int] { (0..<table.slabCount).filter { table.owns(slab: $0) && !sharing.isWhollyFree($0) } }

    package var ownedCount: Int { (0..<table.slabCount).count { table.owns(slab: $0) } }

    // MARK: Claiming

    /// Claims pool slabs that are not wholly free. They hold sessions that began while the slab was returned or while no instance served,
    /// or the rest of a lost instance. Every instance takes a part of them.
    private func adoptLeftovers() -> [Int] {
        let leftovers = sharing.poolSlabsWithSessions()
        guard !leftovers.isEmpty else { return [] }
        // Each instance begins at another slab, so that they do not all try the same ones.
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

    /// The minimum number of slabs of each instance, as long as there are enough.
    private var fairShare: Int { max(1, table.slabCount / sharers) }

    /// How many instances share the slabs: those that take sessions, according to the kernel's mask or to their records.
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
            // Free slots for one slab stay, because the slab would be claimed again otherwise.
            guard surplus > 0, free >= 2 * table.slabSlots else { return false }
            surplus -= 1
            free -= table.slabSlots
            return true
        }
    }

    /// Returns wholly free slabs, the highest first, because the kernel takes from the lowest.
    private func returnFree(_ mayGo: (Int) -> Bool) {
        for slab in (0..<table.slabCount).reversed()
        where table.owns(slab: slab) && sharing.isWhollyFree(slab) && mayGo(slab) {
            // From here on the kernel takes nothing from it. A slot that it takes at this moment is found below.
            sharing.clearBit(slab, of: table.instanceIdentifier)
            guard sharing.isWhollyFree(slab),
                sharing.give(slab, from: table.instanceIdentifier, to: SlabSharing.pool)
            else { continue }
            known[slab] = false
            if !sharing.isWhollyFree(slab) { _ = take(slab) }
        }
    }
}
