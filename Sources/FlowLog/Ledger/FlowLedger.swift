package import FlowCore
package import FlowLayout

/// Keeps the books of every slot's session: which tuples were made, and what they counted. Knows no clock and no file.
///
/// Whatever is lost on the way (an event that found the ring full, a process that was killed), a session has one begin,
/// one end, and tuples whose counts add up to its own (LOG-2): what comes first makes up for a missing begin, and the
/// end is told when the slot is released, which happens once.
///
/// *Times.* A begin and a deny have their packet's own time. Of the other packets only the tick is known (16.8 ms), so their time is the
/// tick's end: no tuple is earlier than the packet that it is of. Sessions live by CLOCK_MONOTONIC, tuples have CLOCK_REALTIME. Where the
/// calendar's clock is set back while a session lives, its later tuples go on from the time of the one before, so that an end never
/// comes before its begin; where it is set forward, they have the new time.
package struct FlowLedger {
    /// Between two tuples of a flow that goes on, before the clock is scaled.
    package static let unscaledIntervalNanoseconds: UInt64 = 300_000_000_000

    private let marks: UnsafeMutablePointer<FlowMark>
    /// Ticks between two tuples of a flow that goes on.
    package var intervalTicks: UInt32
    private var sampling: DenySampling
    /// What was left out since it was asked last.
    private var omitted = Omissions()

    /// - Parameter marks: one a slot.
    package init(
        marks: UnsafeMutablePointer<FlowMark>, intervalTicks: UInt32, sampling: DenySampling = DenySampling()
    ) {
        self.marks = marks
        self.intervalTicks = intervalTicks
        self.sampling = sampling
    }

    /// The kernel program told that a session began.
    ///
    /// - Parameters:
    ///   - generation: of the slot at this moment. Where it is another one, the session has ended meanwhile, and both were told at
    ///     its release.
    ///   - groupRule: of the session in the slot at this moment.
    package func began(
        _ event: sluice_event, generation: UInt16, groupRule: UInt16 = 0, clock: WallClock
    ) -> FlowEntry? {
        let slot = Int(event.slot)
        let told = UInt16(truncatingIfNeeded: event.generation)
        guard told == generation, !marks[slot].tells(of: told) else { return nil }
        let time = clock.wall(ofMonotonic: event.timeNanoseconds)
        open(slot, generation: told, tick: Tick.of(nanoseconds: event.timeNanoseconds), time: time)
        return FlowEntry(
            state: .begin, time: time, key: event.key, flags: event.flags,
            rule: event.rule, groupRule: groupRule, sourceZone: event.sourceZone,
            destinationZone: event.destinationZone, slot: event.slot,
            generation: told)
    }

    /// A session was refused. nil: there were too many, and it is only counted.
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

    /// Whether a look at the slot would make a tuple: the cheap question of the walk over all slots.
    @inline(__always)
    package func isDue(slot: Int, word: ControlWord, tick: UInt32) -> Bool {
        guard Self.isGoingOn(word) else { return false }
        return !marks[slot].tells(of: word.generation)
            || Int32(truncatingIfNeeded: tick &- marks[slot].tick) >= Int32(truncatingIfNeeded: intervalTicks)
    }

    /// A live session was looked at: its begin, if nobody told it, and what it counted if its interval has passed.
    package func looked(
        slot: Int, word: ControlWord, session: sluice_session, clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        guard Self.isGoingOn(word) else { return }
        if !marks[slot].tells(of: word.generation) {
            emit(beginning(slot, word.generation, session, clock))
        }
        guard Int32(truncatingIfNeeded: clock.tick &- marks[slot].tick) >= Int32(truncatingIfNeeded: intervalTicks)
        else { return }
        let time = max(clock.wall, marks[slot].time &+ surelyPassed(slot, clock.tick))
        emit(counted(.continuing, slot, word.generation, session, time: time))
        (marks[slot].tick, marks[slot].time) = (clock.tick, time)
    }

    /// A session's slot is released; nothing is counted any more.
    ///
    /// - Parameter word: the control word before; its tick is when the session ended.
    package func released(
        slot: Int, word: ControlWord, session: sluice_session, clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        end(
            slot, word.generation, session, EndReason(rawValue: session.endReason) ?? .none, tick: word.tick,
            time: clock.wall(ofEndOfTick: word.tick), clock, emit)
    }

    /// The gateway is taken down and every session with it: for the firewall it ends here, whatever its ends will do.
    package func gatewayStopped(
        slot: Int, word: ControlWord, session: sluice_session, clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        if Self.isGoingOn(word) {
            // Its last packet may have come after the clock was read.
            let isAhead = Int32(truncatingIfNeeded: word.tick &- clock.tick) >= 0
            end(
                slot, word.generation, session, .gatewayStopped, tick: isAhead ? word.tick : clock.tick,
                time: isAhead ? clock.wall(ofEndOfTick: word.tick) : clock.wall, isExact: !isAhead, clock, emit)
        } else if !word.isState(.free) {
            // It had ended, and its slot was not given back yet.
            released(slot: slot, word: word, session: session, clock: clock, emit)
        }
    }

    private func end(
        _ slot: Int, _ generation: UInt16, _ session: sluice_session, _ reason: EndReason, tick: UInt32, time: UInt64,
        isExact: Bool = false, _ clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        if !marks[slot].tells(of: generation) { emit(beginning(slot, generation, session, clock)) }
        let time = max(time, marks[slot].time &+ (isExact ? surelyPassed(slot, tick) : passed(slot, tick)))
        var entry = counted(.end, slot, generation, session, time: time)
        entry.reason = reason
        entry.totals = FlowCounters(session)
        // As the begin's tuple has it, unless there was another tuple since: then as exact as a tick.
        let isBeginLast = marks[slot].tick == session.createdTick
        entry.beganAt = min(time, isBeginLast ? marks[slot].time : clock.wall(ofEndOfTick: session.createdTick))
        entry.lastedNanoseconds = Self.lasted(
            time &- entry.beganAt, ticks: Int32(truncatingIfNeeded: tick &- session.createdTick))
        emit(entry)
        marks[slot] = FlowMark()
    }

    /// Nanoseconds by the session's own clock since the tick of the slot's last tuple.
    private func passed(_ slot: Int, _ tick: UInt32) -> UInt64 {
        UInt64(max(0, Int32(truncatingIfNeeded: tick &- marks[slot].tick))) &* Tick.nanoseconds
    }

    /// The same up to a moment that is somewhere in its tick, as the last tuple's is: one tick less.
    private func surelyPassed(_ slot: Int, _ tick: UInt32) -> UInt64 {
        let passed = passed(slot, tick)
        return passed &- min(passed, Tick.nanoseconds)
    }

    /// How long a session lasted: by its calendar times, as these are more exact, unless the calendar's clock was set meanwhile.
    private static func lasted(_ byCalendar: UInt64, ticks: Int32) -> UInt64 {
        let byTicks = UInt64(max(0, ticks)) &* Tick.nanoseconds
        return min(max(byCalendar, byTicks &- min(byTicks, Tick.nanoseconds)), byTicks &+ Tick.nanoseconds)
    }

    /// Takes what was left out since the last time.
    package mutating func takeOmissions() -> Omissions {
        defer { omitted = Omissions() }
        return omitted
    }

    private static func isGoingOn(_ word: ControlWord) -> Bool {
        (SessionState.synSent.rawValue...SessionState.closing.rawValue).contains(word.stateValue)
    }

    private func open(_ slot: Int, generation: UInt16, tick: UInt32, time: UInt64) {
        marks[slot] = FlowMark()
        marks[slot].time = time
        marks[slot].generationPlusOne = UInt32(generation) + 1
        marks[slot].tick = tick
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
        result.counters = counters.since(marks[slot].counters)
        marks[slot].counters = counters
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
