package import FlowCore
internal import FlowLayout

/// What the controller does to the sessions of whole instances, by their slabs: counts them, hands them over, drops them.
///
/// Works on the shared memory alone; every step may be the last one before a crash, and everything may be done again. An
/// instance whose slabs are handed over or dropped must have no process any more, or one that is stopped for good.
package struct SlabSharing {
    /// The memory; whose view it is does not matter.
    let table: SessionTable

    package init(table: SessionTable) { self.table = table }

    /// What came of handing slabs over.
    package struct Move: Equatable, Sendable {
        package var slabs = 0
        /// Live sessions that changed their owner.
        package var sessions = 0

        package init(slabs: Int = 0, sessions: Int = 0) {
            self.slabs = slabs
            self.sessions = sessions
        }
    }

    // MARK: Handing over

    /// Gives all slabs of an instance to others, so that each has about as many sessions (KEEP-1). Its sessions go on as they
    /// are, timers and positions included; the new owners notice at their next turn, and finish what was left half done.
    ///
    /// - Parameters:
    ///   - source: an instance without a process.
    ///   - survivors: who gets them; where there is none, nothing happens.
    @discardableResult
    package func moveSlabs(from source: UInt16, to survivors: [UInt16]) -> Move {
        var job = SlabJob(.move(from: source, to: survivors))
        job.finish(self, now: 0)
        return job.move
    }

    /// Gives one slab to another owner.
    ///
    /// - Returns: false where it had another owner than expected.
    @discardableResult
    package func give(_ slab: Int, from source: UInt16, to destination: UInt16) -> Bool {
        guard
            sluice_compare_exchange32(&table.slabs[slab].owner, UInt32(source), UInt32(destination)) == UInt32(source)
        else { return false }
        if SlabRing.count(table.slabs + slab) > 0 { setBit(slab, of: destination) }
        clearBit(slab, of: source)
        return true
    }

    // MARK: Dropping

    /// Ends all sessions of an instance without a word (RECOV-2, DRAIN-3), tombstones included, and puts its slabs into the
    /// pool. The instances that claim those slabs at their next turn release the slots.
    ///
    /// - Parameters:
    ///   - instance: one without a process.
    ///   - now: tick.
    /// - Returns: how many live sessions were ended.
    @discardableResult
    package func discardSessions(
        of instance: UInt16, reason: EndReason = .instanceLost, now: UInt32,
        journal: any SessionJournal = SilentJournal()
    ) -> Int {
        var job = SlabJob(.discard(of: instance, reason: reason))
        job.finish(self, now: now, journal: journal)
        return job.discarded
    }

    /// The same for one slab of the instance's.
    func discard(
        _ slab: Int, of instance: UInt16, reason: EndReason, now: UInt32, journal: any SessionJournal
    ) -> Int {
        let ending = SessionEnding(table: table, journal: journal)
        var count = 0
        for slot in table.slots(ofSlab: slab) where ending.discard(slot: slot, reason: reason, now: now) { count += 1 }
        give(slab, from: instance, to: Self.pool)
        return count
    }

    // MARK: The pool

    /// The owner of slabs that no instance has.
    package static let pool: UInt16 = 0

    /// Slabs of the pool in which not every slot is free: sessions that began while a slab was returned. Instances claim
    /// them by themselves; one that stays here has nobody to look after it.
    package func poolSlabsWithSessions() -> [Int] {
        (0..<table.slabCount).filter { owner(of: $0) == Self.pool && !isWhollyFree($0) }
    }

    func isWhollyFree(_ slab: Int) -> Bool { Int(SlabRing.count(table.slabs + slab)) >= table.slabSlots }

    // MARK: Counting

    /// All instances' sessions, by identifier; those without slabs are left out. One pass over the control words.
    package func counts() -> [UInt16: InstanceSessions] {
        var job = SlabJob(.count(longLivedTicks: nil))
        job.finish(self, now: 0)
        return job.counts
    }

    /// Established sessions of the slab that began so long ago, or longer.
    ///
    /// - Parameters:
    ///   - ticks: of age.
    ///   - now: tick.
    func longLived(inSlab slab: Int, olderThanTicks ticks: UInt32, now: UInt32) -> Int {
        if isWhollyFree(slab) { return 0 }
        var result = 0
        for slot in table.slots(ofSlab: slab) where table.word(slot).isState(.established) {
            let age = Int32(truncatingIfNeeded: now &- table.sessions[slot].createdTick)
            if age >= Int32(truncatingIfNeeded: ticks) { result += 1 }
        }
        return result
    }

    /// The owner of a slab, as it is this moment: an instance of this gateway, the pool, or ``otherMember``.
    package func owner(of slab: Int) -> UInt16 { UInt16(clamping: sluice_load32(&table.slabs[slab].owner)) }

    /// The owner of slabs that belong to another member's instance: no instance of this gateway has this identifier.
    package static let otherMember = UInt16.max

    /// One slab's sessions.
    func count(_ slab: Int) -> InstanceSessions {
        var result = InstanceSessions()
        result.slabs = 1
        result.slots = table.slabSlots
        // A slab that nobody has taken from costs no look at its words.
        if isWhollyFree(slab) { return result }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 16) { byState in
            byState.initialize(repeating: 0)
            for slot in table.slots(ofSlab: slab) { byState[Int(table.word(slot).stateValue)] += 1 }
            func count(_ state: SessionState) -> Int { byState[Int(state.rawValue)] }
            result.halfOpen = count(.synSent) + count(.synReceived)
            result.live = result.halfOpen + count(.established) + count(.closing)
            result.closed = count(.closed)
            result.tombstones = count(.resetting)
        }
        return result
    }

    // MARK: Bits of slabs with free slots

    func setBit(_ slab: Int, of instance: UInt16) { sluice_or64(bits(of: instance) + slab >> 6, Self.bit(slab)) }

    func clearBit(_ slab: Int, of instance: UInt16) { sluice_and64(bits(of: instance) + slab >> 6, ~Self.bit(slab)) }

    private static func bit(_ slab: Int) -> UInt64 { 1 << UInt64(slab & 63) }

    /// The bitmap is the record's first field.
    private func bits(of instance: UInt16) -> UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(table.instances + Int(instance)).assumingMemoryBound(to: UInt64.self)
    }
}
