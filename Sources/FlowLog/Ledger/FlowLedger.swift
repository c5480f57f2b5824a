package import FlowCore
package import FlowLayout

/// Keeps the books of every slot's session: which tuples were made, and what they counted. Knows no clock and no file.
///
/// Whatever is lost on the way (an event that found the ring full, a process that was killed), a session has one begin,
/// one end, and tuples whose counts add up to its own (LOG-2): what comes first makes up for a missing begin, and the
/// end is told when the slot is released, which happens once.
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
        open(slot, generation: told, tick: Tick.of(nanoseconds: event.timeNanoseconds))
        return FlowEntry(
            state: .begin, time: clock.wall(ofMonotonic: event.timeNanoseconds), key: event.key, flags: event.flags,
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
        emit(counted(.continuing, slot, word.generation, session, time: clock.wall))
        marks[slot].tick = clock.tick
    }

    /// A session's slot is released; nothing is counted any more.
    ///
    /// - Parameter word: the control word before; its tick is when the session ended.
    package func released(
        slot: Int, word: ControlWord, session: sluice_session, clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        end(
            slot, word.generation, session, EndReason(rawValue: session.endReason) ?? .none,
            time: clock.wall(ofTick: word.tick), clock, emit)
    }

    /// The gateway is taken down and every session with it: for the firewall it ends here, whatever its ends will do.
    package func gatewayStopped(
        slot: Int, word: ControlWord, session: sluice_session, clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        if Self.isGoingOn(word) {
            end(slot, word.generation, session, .gatewayStopped, time: clock.wall, clock, emit)
        } else if !word.isState(.free) {
            // It had ended, and its slot was not given back yet.
            released(slot: slot, word: word, session: session, clock: clock, emit)
        }
    }

    private func end(
        _ slot: Int, _ generation: UInt16, _ session: sluice_session, _ reason: EndReason, time: UInt64,
        _ clock: WallClock, _ emit: (FlowEntry) -> Void
    ) {
        if !marks[slot].tells(of: generation) { emit(beginning(slot, generation, session, clock)) }
        var entry = counted(.end, slot, generation, session, time: time)
        entry.reason = reason
        entry.totals = FlowCounters(session)
        entry.beganAt = clock.wall(ofTick: session.createdTick)
        emit(entry)
        marks[slot] = FlowMark()
    }

    /// Takes what was left out since the last time.
    package mutating func takeOmissions() -> Omissions {
        defer { omitted = Omissions() }
        return omitted
    }

    private static func isGoingOn(_ word: ControlWord) -> Bool {
        (SessionState.synSent.rawValue...SessionState.closing.rawValue).contains(word.stateValue)
    }

    private func open(_ slot: Int, generation: UInt16, tick: UInt32) {
        marks[slot] = FlowMark()
        marks[slot].generationPlusOne = UInt32(generation) + 1
        marks[slot].tick = tick
    }

    private func beginning(
        _ slot: Int, _ generation: UInt16, _ session: sluice_session, _ clock: WallClock
    ) -> FlowEntry {
        open(slot, generation: generation, tick: session.createdTick)
        return entry(.begin, slot, generation, session, time: clock.wall(ofTick: session.createdTick))
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
