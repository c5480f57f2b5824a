internal import FlowCore
internal import FlowLayout

/// All that an instance does about its sessions, turn by turn: it scans, probes, resets and releases.
///
/// Knows no clock, no file and no socket: time comes in, segments go to an outlet, keys to a flow table.
package final class AgeingMachine<Flows: FlowTable> {
    package let table: SessionTable
    package let work: AgeingWork
    package let release: SlotRelease<Flows>
    let freeSlots: FreeSlots
    private let limits = ExpiryLimits()
    private let scan: ExpiryScan
    private var resetSending: ResetSending
    package private(set) var probing: Probing
    /// Between two probes of a session, before its own timeout limits it.
    package var probeIntervalTicks: UInt32 {
        get { probing.intervalTicks }
        set { probing.intervalTicks = newValue }
    }
    private var leakCandidates: [Int: ControlWord]?

    package init(
        table: SessionTable, flows: Flows, outlet: any SegmentOutlet, journal: any SessionJournal = SilentJournal(),
        probeIntervalTicks: UInt32
    ) {
        let ending = SessionEnding(table: table, journal: journal)
        self.table = table
        work = AgeingWork(slotCount: table.slotCount)
        release = SlotRelease(table: table, flows: flows)
        freeSlots = FreeSlots(table: table)
        scan = ExpiryScan(table: table, ending: ending, limits: limits)
        resetSending = ResetSending(table: table, outlet: outlet)
        probing = Probing(table: table, ending: ending, outlet: outlet, intervalTicks: probeIntervalTicks)
    }

    /// Picks up what an earlier process of this instance left: tombstones whose resets may not have been sent, slots that
    /// leaked. (Slots in `ending` and `ended` are found by any scan.) Call ``finishRecovery()`` at least 50 ms later.
    package func beginRecovery() {
        for slab in 0..<table.slabCount where table.owns(slab: slab) {
            for slot in table.slots(ofSlab: slab) {
                let word = table.word(slot)
                if word.isState(.resetting) { work.queueReset(slot, generation: word.generation) }
            }
        }
        leakCandidates = freeSlots.unlisted()
        freeSlots.announceAll()
        recountHalfOpen()
    }

    /// A process that is killed between the end of a half-open session and its count leaves the count too high. It is put
    /// right where nothing else changes it meanwhile.
    private func recountHalfOpen() {
        let before = sluice_load32(&table.runtime.pointee.halfOpenCount)
        var count: UInt32 = 0
        for slot in 0..<table.slotCount {
            let word = table.word(slot)
            if word.isState(.synSent) || word.isState(.synReceived) { count += 1 }
        }
        if count != before {
            _ = sluice_compare_exchange32(&table.runtime.pointee.halfOpenCount, before, count)
        }
    }

    /// - Returns: slots that had leaked and are free again.
    @discardableResult
    package func finishRecovery() -> Int {
        guard let first = leakCandidates else { return 0 }
        leakCandidates = nil
        return first.isEmpty ? 0 : freeSlots.recover(first: first, second: freeSlots.unlisted())
    }

    /// One pass over the table: ends what is due, begins and continues probes.
    @discardableResult
    package func pass(now: UInt32) -> ScanResult {
        limits.update(from: table, occupied: freeSlots.occupied)
        let probed = probing.book
        let result =
            probed.count == 0
            ? scan.run(now: now, into: work)
            : scan.run(now: now, into: work) { probed.contains(UInt32(truncatingIfNeeded: $0)) }
        let probes = probing.run(now: now, work: work)
        freeSlots.announceAll()
        table.instance.pointee.expired += UInt64(result.expired + probes.dead)
        table.instance.pointee.probesSent += UInt64(probes.sent)
        return result
    }

    /// Sends and releases a bounded part of what is queued.
    ///
    /// - Returns: whether more is left.
    package func workOff() -> Bool {
        let resets = resetSending.sendBatch(from: work)
        table.countResets(sent: resets.sent, failed: resets.failed)
        release.releaseBatch(from: work)
        return !work.isEmpty
    }
}
