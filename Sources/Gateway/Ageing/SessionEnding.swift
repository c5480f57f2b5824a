package import FlowCore
internal import FlowLayout

/// The result of an attempt to end a session.
package enum Ending: Equatable, Sendable {
    /// The control word changed first: a segment arrived, or the ends closed the session (IDLE-6).
    case lost
    /// The session is a tombstone now; both ends must receive a RST.
    case resetting
    /// The session ends without a RST; its key must be removed from the flow index.
    case ending
    /// The session is idle; its ends must be probed first (IDLE-5).
    case probe
    /// There was nothing to end: the slot holds another session, or none.
    case nothing
}

/// Ends sessions by compare-and-exchange on their control words. The process whose exchange succeeds does the rest. This type decides
/// nothing else, and sends nothing.
package struct SessionEnding {
    package let table: SessionTable
    let journal: any SessionJournal

    package init(table: SessionTable, journal: any SessionJournal = SilentJournal()) {
        self.table = table
        self.journal = journal
    }

    /// Ends an expired session.
    ///
    /// - Parameters:
    ///   - word: the control word that was found to be due; if it has changed since, nothing happens.
    ///   - now: tick.
    package func expire(slot: Int, word: ControlWord, now: UInt32) -> Ending {
        guard let state = word.state else { return .nothing }
        switch state {
        case .free, .ending, .ended, .beginning, .abandoned:
            return .nothing
        case .synSent, .synReceived:
            // Without a RST, whatever the treatment: if the source of a SYN is forged, its owner must not receive a RST.
            return finish(slot, word, reason: .halfOpenTimeout, now: now)
        case .established:
            switch idleTreatment(slot, word) {
            case .reset: return reset(slot, word, reason: .idleReset, now: now)
            case .silent: return finish(slot, word, reason: .idleSilent, now: now)
            case .probe: return .probe
            }
        case .closing:
            switch idleTreatment(slot, word) {
            case .reset, .probe: return reset(slot, word, reason: .closingTimeout, now: now)
            case .silent: return finish(slot, word, reason: .closingTimeout, now: now)
            }
        case .closed, .resetting:
            // Its end was reported before; now its slot is released.
            // The tick stays the one of its end, for the flow log.
            let desired = word.with(state: .ending, tick: word.tick)
            return table.exchange(slot, word, with: desired) ? .ending : .lost
        }
    }

    /// Ends a live session, whatever its age: by hand (RST-5), by a change of policy (NSG-3), or because an end did not answer a probe
    /// (IDLE-5). The ends of a TCP session receive a RST; other sessions end without a message.
    package func end(slot: Int, generation: UInt16, reason: EndReason, now: UInt32) -> Ending {
        while true {
            let word = table.word(slot)
            guard word.generation == generation, let state = word.state else { return .nothing }
            switch state {
            case .free, .closed, .resetting, .ending, .ended, .beginning, .abandoned: return .nothing
            case .synSent, .synReceived, .established, .closing: break
            }
            let isTCP = table.sessions[slot].key.protocol == IPProtocol.tcp
            let ending =
                isTCP ? reset(slot, word, reason: reason, now: now) : finish(slot, word, reason: reason, now: now)
            // A segment that arrived meanwhile does not keep a session that is ended on purpose.
            if ending != .lost { return ending }
        }
    }

    /// Ends whatever a slot holds, and sends nothing. The journal gets a live session; it got a tombstone before.
    ///
    /// - Returns: whether a live session was ended.
    package func discard(slot: Int, reason: EndReason, now: UInt32) -> Bool {
        while true {
            let word = table.word(slot)
            guard let state = word.state else { return false }
            switch state {
            case .free, .ending, .ended, .beginning, .abandoned: return false
            case .closed, .resetting:
                // The tick stays the one of its end, for the flow log.
                if table.exchange(slot, word, with: word.with(state: .ending, tick: word.tick)) { return false }
            case .synSent, .synReceived, .established, .closing:
                if finish(slot, word, reason: reason, now: now) == .ending { return true }
            }
        }
    }

    /// Only TCP has RSTs and probes (SESS-7).
    private func idleTreatment(_ slot: Int, _ word: ControlWord) -> OnIdle {
        guard table.sessions[slot].key.protocol == IPProtocol.tcp else { return .silent }
        return OnIdle(rawValue: table.treatments[Int(word.treatment)].onIdle) ?? .silent
    }

    private func reset(_ slot: Int, _ word: ControlWord, reason: EndReason, now: UInt32) -> Ending {
        take(slot, word, to: .resetting, reason: reason, now: now) ? .resetting : .lost
    }

    private func finish(_ slot: Int, _ word: ControlWord, reason: EndReason, now: UInt32) -> Ending {
        take(slot, word, to: .ending, reason: reason, now: now) ? .ending : .lost
    }

    private func take(
        _ slot: Int, _ word: ControlWord, to state: SessionState, reason: EndReason, now: UInt32
    ) -> Bool {
        // The reason first: once the word says `ending`, the slot's owner, perhaps another process, may release it.
        let before = table.sessions[slot].endReason
        sluice_replace_end_reason(table.sessions + slot, before, reason.rawValue)
        let session = table.sessions[slot]
        guard table.exchange(slot, word, with: word.with(state: state, tick: now)) else {
            sluice_replace_end_reason(table.sessions + slot, reason.rawValue, before)
            return false
        }
        if word.isState(.synSent) || word.isState(.synReceived) { table.noteHalfOpenLeft(session, now: now) }
        table.countIdle(session, ticks: now &- word.tick)
        journal.ended(session, slot: slot, reason: reason)
        return true
    }
}
