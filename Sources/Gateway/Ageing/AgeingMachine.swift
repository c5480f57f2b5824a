package import Fleet
package import FlowCore
package import FlowLayout

/// Everything that an instance does with its sessions in each iteration: it scans, probes, resets and releases.
///
/// Uses no clock, file or socket. The time is an argument, segments go to an outlet, and keys to a flow table.
package final class AgeingMachine<Flows: FlowTable> {
    package let table: SessionTable
    package let work: AgeingWork
    package let release: SlotRelease<Flows>
    let freeSlots: FreeSlots
    private let limits = ExpiryLimits()
    private let ending: SessionEnding
    private let scan: ExpiryScan
    private var resetSending: ResetSending
    package private(set) var probing: Probing
    /// Ticks between two probes of a session; the session's own timeout may shorten it.
    package var probeIntervalTicks: UInt32 {
        get { probing.intervalTicks }
        set { probing.intervalTicks = newValue }
    }
    package let slabs: SlabKeeping
    private var recovery: SlabRecovery
    private var halfOpenCount: HalfOpenCount
    private let halfOpenRoom: HalfOpenRoom
    /// Whether half-open sessions crowd their share, or a source its own share: then passes follow each other as fast as possible.
    package private(set) var isCrowded = false
    private var draining: Draining

    package init(
        table: SessionTable, flows: Flows, outlet: any SegmentOutlet, journal: any SessionJournal = SilentJournal(),
        probeIntervalTicks: UInt32
    ) {
        let ending = SessionEnding(table: table, journal: journal)
        self.table = table
        self.ending = ending
        work = AgeingWork(slotCount: table.slotCount)
        release = SlotRelease(table: table, flows: flows)
        freeSlots = FreeSlots(table: table)
        scan = ExpiryScan(table: table, ending: ending, limits: limits)
        resetSending = ResetSending(table: table, outlet: outlet)
        slabs = SlabKeeping(table: table)
        recovery = SlabRecovery(table: table, freeSlots: freeSlots)
        halfOpenCount = HalfOpenCount(table: table)
        halfOpenRoom = HalfOpenRoom(table: table)
        draining = Draining(table: table, ending: ending)
        probing = Probing(
            table: table, ending: ending, outlet: outlet, intervalTicks: probeIntervalTicks,
            timestamps: { flows.timestamps(slot: $0) })
    }

    /// The state that the instance's record orders.
    package var order: InstanceState {
        InstanceState(recordValue: sluice_load32_acquire(&table.instance.pointee.state)) ?? .serving
    }

    /// Claims slabs, and finds what an earlier process of this instance, or an earlier owner, left unfinished in them. Call
    /// ``finishRecovery()`` at least 50 ms later.
    ///
    /// - Parameter now: tick.
    package func beginRecovery(now: UInt32 = 0) {
        recovery.begin(slabs.inherited() + slabs.review(order: order), work: work, now: now)
        freeSlots.announceAll()
        halfOpenCount.run()
    }

    /// - Returns: leaked slots that are free again.
    @discardableResult
    package func finishRecovery() -> Int { recovery.finish() }

    /// One pass over the table: claims and returns slabs, ends the sessions that are due, begins and continues probes.
    ///
    /// - Parameter now: tick.
    @discardableResult
    package func pass(now: UInt32) -> ScanResult {
        keepSlabs(now: now)
        // Before this pass makes room: the sessions that filled the share may continue to arrive.
        isCrowded = halfOpenRoom.isCrowded(now: now)
        // During a drain, tombstones stay until its end.
        limits.update(
            from: table, occupied: freeSlots.occupied, keepsTombstones: order == .drainingReset,
            halfOpenAtMost: halfOpenRoom.ageLimit(now: now) ?? .max)
        let probed = probing.probes
        var result =
            probed.count == 0
            ? scan.run(now: now, into: work)
            : scan.run(now: now, into: work) { probed.contains(UInt32(truncatingIfNeeded: $0)) }
        result.expired += endOldestOfCrowdedSources(now: now)
        let probes = probing.run(now: now, work: work)
        freeSlots.announceAll()
        // Last, when this pass has ended its sessions.
        halfOpenCount.run()
        table.instance.pointee.expired += UInt64(result.expired + probes.dead)
        table.instance.pointee.probesSent += UInt64(probes.sent)
        return result
    }

    private func endOldestOfCrowdedSources(now: UInt32) -> Int {
        var count = 0
        for (slot, word) in halfOpenRoom.crowdedSources(now: now)
        where !work.queued.contains(slot) && ending.expire(slot: slot, word: word, now: now) == .ending {
            work.queueRelease(slot, generation: word.generation)
            count += 1
        }
        return count
    }

    private func keepSlabs(now: UInt32) {
        let gained = slabs.review(order: order)
        if !gained.isEmpty { recovery.begin(gained, work: work, now: now) }
        _ = recovery.finish(now: now)
    }

    /// Continues a drain, if one is ordered. Call it in every iteration of the loop.
    ///
    /// - Parameters:
    ///   - now: CLOCK_MONOTONIC, nanoseconds.
    ///   - isPass: whether a pass was made in this iteration: then it also searches for sessions that began late.
    /// - Returns: the progress of the drain.
    package func drain(now: UInt64, isPass: Bool) -> DrainProgress {
        switch order {
        case .drainingReset:
            let isPacing = draining.reset(now: now, sweepAgain: isPass, work: work)
            let repeated = draining.repeatResets(work: work)
            return isPacing || repeated > 0 ? .busy : .waiting
        case .stopped, .serving, .starting, .drainingRefuse, .unresponsive, .ending:
            draining.forget()
            return .none
        }
    }

    /// The loop did not run for this number of ticks; perhaps the whole machine was stopped.
    package func wasAway(ticks: UInt32) { probing.wasAway(ticks: ticks) }

    /// Sends and releases a limited part of the queues.
    ///
    /// - Returns: whether more is left.
    package func workOff() -> Bool {
        table.countResets(resetSending.sendBatch(from: work))
        release.releaseBatch(from: work)
        return !work.isEmpty
    }
}

// MARK: What the machine needs from outside

/// What the kernel keeps of a session outside its slot, as far as the owner of the slot needs it.
package protocol FlowTable {
    /// Removes a slot's entry from the index of 5-tuples. Does nothing if the 5-tuple has another slot, or no entry.
    func removeFlow(_ key: sluice_session_key, slot: UInt32)
    /// The last values of the ends' TCP timestamps; nil if none are kept.
    func timestamps(slot: UInt32) -> sluice_timestamps?
    /// Frees the memory of a slot's timestamps.
    func removeTimestamps(slot: UInt32)
}

extension FlowTable {
    package func timestamps(slot: UInt32) -> sluice_timestamps? { nil }
    package func removeTimestamps(slot: UInt32) {}
}

/// Sends the segments that the gateway creates.
package protocol SegmentOutlet: AnyObject {
    /// Sends the segments in order. Some may fail, and the others are still sent.
    ///
    /// - Returns: how many were sent, and how many failed.
    func send(_ segments: [TCPSegment]) -> (sent: Int, failed: Int)
}

/// Records each session that the gateway ends.
package protocol SessionJournal {
    /// The gateway ended a session.
    func ended(_ session: sluice_session, slot: Int, reason: EndReason)
}

/// Records nothing.
package struct SilentJournal: SessionJournal {
    package init() {}
    package func ended(_ session: sluice_session, slot: Int, reason: EndReason) {}
}

/// Receives every session once, when its slot is released and its counters are final: the flow log.
package protocol ReleaseObserver: AnyObject {
    /// A slot was released.
    ///
    /// - Parameters:
    ///   - word: the control word before; its tick is when the session ended.
    ///   - session: with its final counters.
    func released(slot: Int, word: ControlWord, session: sluice_session)
}
