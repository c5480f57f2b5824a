internal import FlowCore
internal import FlowLayout
internal import Kernel

/// What is counted of sessions (`sluice_tallies`): the source of metrics. The controller counts for instances too, so it is done by
/// atomic additions.
extension SessionTable {
    private var own: UnsafeMutablePointer<sluice_tallies> { tallies + Int(instanceIdentifier) }

    /// A slot was given back.
    ///
    /// - Parameters:
    ///   - session: with its last counts.
    ///   - end: the tick of its end.
    func countEnd(_ session: sluice_session, at end: UInt32) {
        let trafficClass = session.trafficClass
        sluice_add64(sluice_tally_ended(own, trafficClass, UInt32(session.endReason)), 1)
        count(ticks: end &- session.createdTick, sluice_tally_lived(own, trafficClass))
        // What the ends closed themselves was not idle; the others were counted when their time was up (``countIdle(_:ticks:)``).
        if session.endReason == EndReason.fin.rawValue || session.endReason == EndReason.reset.rawValue {
            count(ticks: 0, sluice_tally_idle(own, trafficClass))
        }
    }

    /// A process ends a session whose last packet came so many ticks ago.
    func countIdle(_ session: sluice_session, ticks: UInt32) {
        count(ticks: ticks, sluice_tally_idle(own, session.trafficClass))
    }

    /// Resets were sent, by the instance itself or by the controller for it.
    func countResets(_ resets: ResetTally) {
        withUnsafeMutablePointer(to: &instance.pointee.resetsSent) { sluice_add64($0, UInt64(resets.sent)) }
        withUnsafeMutablePointer(to: &instance.pointee.resetsFailed) { sluice_add64($0, UInt64(resets.failed)) }
        for (key, count) in resets.made {
            sluice_add64(sluice_tally_resets(own, UInt32(key.reason), UInt32(key.end)), UInt64(count))
        }
    }

    /// Counts the sessions of the own slabs by kind and state: a load and an addition for each slot.
    ///
    /// - Parameter now: CLOCK_MONOTONIC, nanoseconds.
    func countSessions(now: UInt64) {
        let cells = Int(SLUICE_SESSION_KINDS * SLUICE_SESSION_STATES)
        // Four sums side by side: mostly one cell is hit again and again, and would wait for itself.
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4 * cells) { sums in
            sums.initialize(repeating: 0)
            for slab in 0..<slabCount where owns(slab: slab) { count(slots(ofSlab: slab), in: sums) }
            let target = sluice_tally_sessions(own)
            for cell in 0..<cells {
                sluice_store32(
                    target + cell, sums[cell] &+ sums[cell + cells] &+ sums[cell + 2 * cells] &+ sums[cell + 3 * cells])
            }
        }
        withUnsafeMutablePointer(to: &own.pointee.countedNanoseconds) { sluice_store64($0, now) }
    }

    /// A loop of its own, without branches: it runs for every slot.
    @inline(never)
    private func count(_ slots: Range<Int>, in sums: UnsafeMutableBufferPointer<UInt32>) {
        guard let base = sums.baseAddress else { return }
        let cells = Int(SLUICE_SESSION_KINDS * SLUICE_SESSION_STATES)
        for slot in slots {
            // The state, and above it the kind.
            let cell = Int(truncatingIfNeeded: sluice_load64(words + slot) &>> 32) & (cells &- 1)
            base[(slot & 3) &* cells &+ cell] &+= 1
        }
    }

    private func count(ticks: UInt32, _ durations: UnsafeMutablePointer<sluice_durations>) {
        // Of two processes, one may have read the clock a moment later than the other.
        let ticks = Int32(bitPattern: ticks) < 0 ? 0 : UInt64(ticks)
        sluice_add64(sluice_duration_buckets(durations) + DurationBuckets.index(ticks: ticks), 1)
        withUnsafeMutablePointer(to: &durations.pointee.ticks) { sluice_add64($0, ticks) }
    }
}

extension sluice_session {
    fileprivate var trafficClass: UInt32 { flags & SessionFlags.eastWest != 0 ? 1 : 0 }
}
