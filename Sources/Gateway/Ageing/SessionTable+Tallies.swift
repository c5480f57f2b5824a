internal import FlowCore
internal import FlowLayout
internal import Kernel

/// The counters of sessions (`sluice_tallies`), from which metrics are made. The controller counts for instances too, so the counters
/// are changed by atomic additions.
extension SessionTable {
    private var own: UnsafeMutablePointer<sluice_tallies> { tallies + Int(instanceIdentifier) }

    /// Counts a released slot's session.
    ///
    /// - Parameters:
    ///   - session: with its final counters.
    ///   - end: the tick of its end.
    func countEnd(_ session: sluice_session, at end: UInt32) {
        let trafficClass = session.trafficClass
        sluice_add64(sluice_tally_ended(own, trafficClass, UInt32(session.endReason)), 1)
        count(ticks: end &- session.createdTick, sluice_tally_lived(own, trafficClass))
        // A session that its ends closed was not idle. The others were counted when they expired (``countIdle(_:ticks:)``).
        if session.endReason == EndReason.fin.rawValue || session.endReason == EndReason.reset.rawValue {
            count(ticks: 0, sluice_tally_idle(own, trafficClass))
        }
    }

    /// Counts a session that a process ends, with the number of ticks since its last packet.
    func countIdle(_ session: sluice_session, ticks: UInt32) {
        count(ticks: ticks, sluice_tally_idle(own, session.trafficClass))
    }

    /// Counts RSTs that were sent, by the instance itself or by the controller for it.
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
        // Four separate sums: mostly the same cell is incremented again and again, and each addition would wait for the one before.
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 4 * cells) { sums in
            sums.initialize(repeating: 0)
            for slab in 0..<slabCount where owns(slab: slab) { count(slots(ofSlab: slab), in: sums) }
            let target = sluice_tally_sessions(own)
            for cell in 0..<cells {
                sluice_store32(
                    target + cell, sums[cell] &+ sums[cell + cells] &+ sums[cell + 2 * cells] &+ sums[cell + 3 * cells])
            }
        }
        countAtRisk(now: Tick.of(nanoseconds: now))
        withUnsafeMutablePointer(to: &own.pointee.countedNanoseconds) { sluice_store64($0, now) }
    }

    /// Counts the sessions of the own slabs that an idle timeout may end although they still have users (RISK-4). Reads
    /// the session itself only where it has been idle for more than half of its timeout.
    private func countAtRisk(now: UInt32) {
        var sums: (northSouth: UInt64, eastWest: UInt64) = (0, 0)
        for slab in 0..<slabCount where owns(slab: slab) {
            for slot in slots(ofSlab: slab) {
                let word = ControlWord(rawValue: sluice_load64(words + slot))
                guard word.isState(.established) else { continue }
                let treatment = treatments[Int(word.treatment)]
                guard KeepAlive.isIdle(word, treatment: treatment, now: now),
                    KeepAlive.isAtRisk(word, sessions[slot], treatment: treatment, now: now)
                else { continue }
                if SessionKind(treatment: word.treatment).trafficClass == .eastWest {
                    sums.eastWest &+= 1
                } else {
                    sums.northSouth &+= 1
                }
            }
        }
        sluice_store64(sluice_tally_at_risk(own, UInt32(TrafficClass.northSouth.rawValue)), sums.northSouth)
        sluice_store64(sluice_tally_at_risk(own, UInt32(TrafficClass.eastWest.rawValue)), sums.eastWest)
    }

    /// A separate loop without branches, because it runs for every slot.
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
        // One of two processes may have read the clock a moment later than the other.
        let ticks = Int32(bitPattern: ticks) < 0 ? 0 : UInt64(ticks)
        sluice_add64(sluice_duration_buckets(durations) + DurationBuckets.index(ticks: ticks), 1)
        withUnsafeMutablePointer(to: &durations.pointee.ticks) { sluice_add64($0, ticks) }
    }
}

extension sluice_session {
    fileprivate var trafficClass: UInt32 { flags & SessionFlags.eastWest != 0 ? 1 : 0 }
}
