package import FlowCore
package import FlowLayout

/// Keeps the accounting of the session in every slot: which tuples were written, and what they counted. It uses no
/// clock and no file.
///
/// Events may be lost (the ring was full) and processes may be killed. Still every session has one begin, one end, and
/// tuples whose counts add up to its own (LOG-2): the first tuple makes up for a missing begin, and the end is logged
/// when the slot is released, which happens once.
///
/// *Times.* A begin and a deny carry the time of their packet. Of later packets only the tick is known (16.8 ms), so
/// their tuples carry the end of the tick: no tuple is earlier than its packet. Sessions use CLOCK_MONOTONIC, tuples
/// CLOCK_REALTIME. If the wall clock is set back while a session lives, its next tuple continues from the time of the
/// previous one, so that an end is never before its begin. If it is set forward, the tuples have the new time.
package struct FlowLedger {
    /// The interval between two tuples of a flow that continues, before scaling.
    package static let unscaledIntervalNanoseconds: UInt64 = 300_000_000_000

    private let records: UnsafeMutablePointer<SlotRecord>
    /// Ticks between two tuples of a flow that continues.
    package var intervalTicks: UInt32
    private var sampling: DenySampling
    /// What was left out since the last call of ``takeOmissions()``.
    private var omitted = Omissions()

    /// - Parameter records: one for each slot.
    package init(
        records: UnsafeMutablePointer<SlotRecord>, intervalTicks: UInt32, sampling: DenySampling = DenySampling()
    ) {
        self.records = records
        self.intervalTicks = intervalTicks
        self.sampling = sampling
    }

    /// The kernel program reported that a session began.
    ///
    /// - Parameters:
    ///   - generation: the slot's generation at this moment. If it differs, the session has ended meanwhile, and begin
    ///     and end were logged at its release.
    ///   - groupRule: that of the session in the slot at this moment.
    package func began(
        _ event: sluice_event, generation: UInt16, groupRule: UInt16 = 0, clock: WallClock
    ) -> FlowEntry? {
        let slot = Int(event.slot)
        let begun = UInt16(truncatingIfNeeded: event.generation)
        guard begun == generation, !records[slot].hasLoggedBegin(of: begun) else { return nil }
        let time = clock.wall(ofMonotonic: event.timeNanoseconds)
        open(slot, generation: begun, tick: Tick.of(nanoseconds: event.timeNanoseconds), time: time)
        return FlowEntry(
            state: .begin, time: time, key: event.key, flags: event.flags,
            rule: event.rule, groupRule: groupRule, sourceZone: event.sourceZone,
            destinationZone: event.destinationZone, slot: event.slot,
            generation: begun)
    }

    /// A session was denied. Returns nil if there were too many, so that it is only counted.
    package mutating func denied(_ event: sluice_event, clock: WallClock) -> FlowEntry? {
        guard sampling.mayLog(now: clock.monotonic) else {
            omitted.denies &+= 1
            return nil
        }
        return FlowEntry(
            state: .deny, time: clock.wall(ofMonotonic: event.timeNanoseconds), key: event.key, flags: event.flags,
            rule: event.rule, groupRule: event.stage == PolicyStage.ownRules.rawValue ? 0 : event.rule,
            sourceZone: event.sourceZone, destinationZone: event.destinationZone)
    }

    /// Whether an inspection of the slot would produce a tuple: the cheap check during the walk over all slots.
    @inline(__always)
    package func isDue(slot: Int, word: ControlWord, tick: UInt32) -> Bool {
        guard Self.isGoingOn(word) else { return false }
        return !records[slot].hasLoggedBegin(of: word.generation)
            || Int32(truncatingIfNeeded: tick &- records[slot].tick) >= Int32(truncatingIfNeeded: intervalTicks)
    }

    /// A live session was inspected: logs its begin if that is missing, and its counts if the interval has passed.
    package func observed(
        slot: Int, word: ControlWord, session: sluice_session, clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        guard Self.isGoingOn(word) else { return }
        if !records[slot].hasLoggedBegin(of: word.generation) {
            emit(beginning(slot, word.generation, session, clock))
        }
        guard Int32(truncatingIfNeeded: clock.tick &- records[slot].tick) >= Int32(truncatingIfNeeded: intervalTicks)
        else { return }
        let time = max(clock.wall, records[slot].time &+ surelyPassed(slot, clock.tick))
        emit(counted(.continuing, slot, word.generation, session, time: time))
        (records[slot].tick, records[slot].time) = (clock.tick, time)
    }

    /// A session's slot is released; its counts no longer change.
    ///
    /// - Parameter word: the control word before the release. Its tick is the end of the session.
    package func released(
        slot: Int, word: ControlWord, session: sluice_session, clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        end(
            slot, word.generation, session, EndReason(rawValue: session.endReason) ?? .none, tick: word.tick,
            time: clock.wall(ofEndOfTick: word.tick), clock, emit)
    }

    /// The gateway is stopped, and every session ends with it, as far as the firewall is concerned.
    package func gatewayStopped(
        slot: Int, word: ControlWord, session: sluice_session, clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        if Self.isGoingOn(word) {
            // Its last packet may be newer than the clock reading.
            let isAhead = Int32(truncatingIfNeeded: word.tick &- clock.tick) >= 0
            end(
                slot, word.generation, session, .gatewayStopped, tick: isAhead ? word.tick : clock.tick,
                time: isAhead ? clock.wall(ofEndOfTick: word.tick) : clock.wall, isExact: !isAhead, clock, emit)
        } else if !word.isState(.free) {
            // The session had ended, and its slot was not released yet.
            released(slot: slot, word: word, session: session, clock: clock, emit)
        }
    }

    private func end(
        _ slot: Int, _ generation: UInt16, _ session: sluice_session, _ reason: EndReason, tick: UInt32, time: UInt64,
        isExact: Bool = false, _ clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        if !records[slot].hasLoggedBegin(of: generation) { emit(beginning(slot, generation, session, clock)) }
        let time = max(time, records[slot].time &+ (isExact ? surelyPassed(slot, tick) : passed(slot, tick)))
        var entry = counted(.end, slot, generation, session, time: time)
        entry.reason = reason
        entry.totals = FlowCounters(session)
        // The time of the begin tuple if it was the last one; otherwise the time is exact only to a tick.
        let isBeginLast = records[slot].tick == session.createdTick
        entry.beganAt = min(time, isBeginLast ? records[slot].time : clock.wall(ofEndOfTick: session.createdTick))
        entry.lastedNanoseconds = Self.lasted(
            time &- entry.beganAt, ticks: Int32(truncatingIfNeeded: tick &- session.createdTick))
        emit(entry)
        records[slot] = SlotRecord()
    }

    /// Nanoseconds by the session's own clock since the tick of the slot's last tuple.
    private func passed(_ slot: Int, _ tick: UInt32) -> UInt64 {
        UInt64(max(0, Int32(truncatingIfNeeded: tick &- records[slot].tick))) &* Tick.nanoseconds
    }

    /// Like ``passed(_:_:)``, but up to a moment somewhere in its tick, like that of the last tuple: one tick less.
    private func surelyPassed(_ slot: Int, _ tick: UInt32) -> UInt64 {
        let passed = passed(slot, tick)
        return passed &- min(passed, Tick.nanoseconds)
    }

    /// How long a session lasted. The wall clock times are more exact, and are used unless the wall clock was set
    /// meanwhile.
    private static func lasted(_ byCalendar: UInt64, ticks: Int32) -> UInt64 {
        let byTicks = UInt64(max(0, ticks)) &* Tick.nanoseconds
        return min(max(byCalendar, byTicks &- min(byTicks, Tick.nanoseconds)), byTicks &+ Tick.nanoseconds)
    }

    /// Returns what was left out since the last call.
    package mutating func takeOmissions() -> Omissions {
        defer { omitted = Omissions() }
        return omitted
    }

    private static func isGoingOn(_ word: ControlWord) -> Bool {
        (SessionState.synSent.rawValue...SessionState.closing.rawValue).contains(word.stateValue)
    }

    private func open(_ slot: Int, generation: UInt16, tick: UInt32, time: UInt64) {
        records[slot] = SlotRecord()
        records[slot].time = time
        records[slot].generationPlusOne = UInt32(generation) + 1
        records[slot].tick = tick
    }

    private func beginning(
        _ slot: Int, _ generation: UInt16, _ session: sluice_session, _ clock: WallClock
    ) -> FlowEntry {
        let time = clock.wall(ofEndOfTick: session.createdTick)
        open(slot, generation: generation, tick: session.createdTick, time: time)
        return entry(.begin, slot, generation, session, time: time)
    }

    private func counted(
        _ state: FlowEntry.State, _ slot: Int, _ generation: UInt16, _ session: sluice_session, time: UInt64
    ) -> FlowEntry {
        var result = entry(state, slot, generation, session, time: time)
        let counters = FlowCounters(session)
        result.counters = counters.since(records[slot].counters)
        records[slot].counters = counters
        return result
    }

    private func entry(
        _ state: FlowEntry.State, _ slot: Int, _ generation: UInt16, _ session: sluice_session, time: UInt64
    ) -> FlowEntry {
        FlowEntry(
            state: state, time: time, key: session.key, flags: session.flags, rule: session.rule,
            groupRule: session.groupRule,
            sourceZone: session.originator.zone, destinationZone: session.responder.zone,
            slot: UInt32(truncatingIfNeeded: slot), generation: generation)
    }
}
