package import FlowCore
internal import FlowLayout

/// The controller's operations on the sessions of whole instances, by their slabs: it counts them, moves them and discards them.
///
/// Works on the shared memory only. A crash may happen after every step, and everything may be repeated. If an instance's slabs are moved
/// or discarded, it must have no process any more, or one that has stopped its work for good.
package struct SlabSharing {
    /// The table; it may be the view of any instance.
    let table: SessionTable

    package init(table: SessionTable) { self.table = table }

    /// The result of moving slabs.
    package struct Move: Equatable, Sendable {
        package var slabs = 0
        /// Live sessions that changed their owner.
        package var sessions = 0

        package init(slabs: Int = 0, sessions: Int = 0) {
            self.slabs = slabs
            self.sessions = sessions
        }
    }

    // MARK: Moving

    /// Gives all slabs of an instance to others, so that each has about as many sessions (KEEP-1). Its sessions continue unchanged, with
    /// their timers and positions. The new owners notice them in their next iteration, and complete unfinished work.
    ///
    /// - Parameters:
    ///   - source: an instance without a process.
    ///   - survivors: the instances that get them; if there are none, nothing happens.
    @discardableResult
    package func moveSlabs(from source: UInt16, to survivors: [UInt16]) -> Move {
        var job = SlabJob(.move(from: source, to: survivors))
        job.finish(self, now: 0)
        return job.move
    }

    /// Gives one slab to another owner.
    ///
    /// - Returns: false if it had another owner than expected.
    @discardableResult
    package func give(_ slab: Int, from source: UInt16, to destination: UInt16) -> Bool {
        guard
            sluice_compare_exchange32(&table.slabs[slab].owner, UInt32(source), UInt32(destination)) == UInt32(source)
        else { return false }
        if SlabRing.count(table.slabs + slab) > 0 { setBit(slab, of: destination) }
        clearBit(slab, of: source)
        return true
    }

    // MARK: Discarding

    /// Ends all sessions of an instance without a RST (RECOV-2, DRAIN-3), including tombstones, and puts its slabs into the pool. The
    /// instances that claim those slabs in their next iteration release the slots.
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

    /// The same for one slab of the instance.
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

    /// The owner of slabs that belong to no instance.
    package static let pool: UInt16 = 0

    /// Slabs of the pool in which not every slot is free: sessions began while the slab was returned. Instances claim them by themselves.
    /// If one stays in the pool, no instance ages its sessions.
    package func poolSlabsWithSessions() -> [Int] {
        (0..<table.slabCount).filter { owner(of: $0) == Self.pool && !isWhollyFree($0) }
    }

    func isWhollyFree(_ slab: Int) -> Bool { Int(SlabRing.count(table.slabs + slab)) >= table.slabSlots }

    // MARK: Counting

    /// All instances' sessions by identifier, without instances that have no slabs. One pass over the control words.
    package func counts() -> [UInt16: InstanceSessions] {
        var job = SlabJob(.count(longLivedTicks: nil))
        job.finish(self, now: 0)
        return job.counts
    }

    /// Established sessions of the slab with at least the given age.
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

    /// The owner of a slab at this moment: an instance of this gateway, the pool, or ``otherMember``.
    package func owner(of slab: Int) -> UInt16 { UInt16(clamping: sluice_load32(&table.slabs[slab].owner)) }

    /// The owner of slabs that belong to another member's instance: no instance of this gateway has this identifier.
    package static let otherMember = UInt16.max

    /// One slab's sessions.
    func count(_ slab: Int) -> InstanceSessions {
        var result = InstanceSessions()
        result.slabs = 1
        result.slots = table.slabSlots
        // If all slots of a slab are free, its words need not be read.
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
