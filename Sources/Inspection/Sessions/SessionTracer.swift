import FlowCore
package import FlowLayout

/// A change of a session, as `sluice session trace` prints it. The property names are those of the JSON.
package struct SessionTraceEvent: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// Its state when the trace begins.
        case begin
        case state
        /// Another instance owns it now.
        case owner
        /// The firewall has reset both ends.
        case reset
        /// An end still sends, and was answered with another RST.
        case resetRepeated
        /// An end has sent its FIN.
        case fin
        /// Segments arrived: positions and counts have changed.
        case positions
        /// It has ended, and its slot is free.
        case end
    }

    /// RFC 3339, UTC; as exact as the interval between two inspections.
    package var time: String
    package var session: String
    package var kind: Kind
    package var state: String
    package var instance: UInt16
    package var positions: SessionView.Positions
    package var packets: SessionView.PerDirection
    package var bytes: SessionView.PerDirection
    /// Seconds since the last segment that renewed it.
    package var idleSeconds: Double
    /// Why it has ended, or is ending; else `none`.
    package var endReason: String
    /// A short text, as in `established: was synReceived`.
    package var what: String
}

/// Derives a session's changes from periodic inspections, each of which may show several changes. Pure: the caller does
/// the inspections.
package struct SessionTracer {
    private var last: SessionRecord
    private var lastPositions: UInt64
    private let positionInterval: UInt64
    private var owedPositions = false

    /// - Parameters:
    ///   - first: the session now.
    ///   - positionInterval: the minimum nanoseconds between two position events. Earlier changes are part of the next
    ///     event.
    package init(_ first: SessionRecord, now: UInt64, positionInterval: UInt64) {
        last = first
        lastPositions = now
        self.positionInterval = positionInterval
    }

    /// The changes since the last inspection, in the order in which they must have happened.
    ///
    /// - Returns: kinds, each with a short text.
    package mutating func observe(
        _ record: SessionRecord, now: UInt64
    ) -> [(kind: SessionTraceEvent.Kind, what: String)] {
        var events: [(kind: SessionTraceEvent.Kind, what: String)] = []
        let old = last
        last = record
        if Self.moved(old.session, record.session) { owedPositions = true }
        let changedState = record.word.stateValue != old.word.stateValue
        if owedPositions, changedState || now &- lastPositions >= positionInterval {
            events.append((.positions, "segments arrived"))
            owedPositions = false
            lastPositions = now
        }
        if record.instance != old.instance {
            events.append((.owner, "instance \(record.instance) owns it: was instance \(old.instance)"))
        }
        for (name, before, after) in [
            ("source", old.session.originator, record.session.originator),
            ("destination", old.session.responder, record.session.responder),
        ] where after.flags & EndFlags.fin != 0 && before.flags & EndFlags.fin == 0 {
            events.append((.fin, "the \(name) has sent its FIN"))
        }
        if changedState {
            let before = VocabularyNames.states[Int(old.word.stateValue)]
            if record.word.isState(.resetting) {
                events.append((.reset, "both ends are reset (\(Self.reason(record.session))): was \(before)"))
            } else {
                let name = VocabularyNames.states[Int(record.word.stateValue)]
                let why = record.session.endReason == 0 ? "" : " (\(Self.reason(record.session)))"
                events.append((.state, "\(name)\(why): was \(before)"))
            }
        }
        let spoke = SessionFlags.spokeSinceReset
        if record.session.flags & spoke != 0, old.session.flags & spoke == 0 {
            events.append((.resetRepeated, "an end still sends, and was answered with another RST"))
        }
        return events
    }

    /// The session has ended.
    ///
    /// - Parameter remains: what its slot still contains, if it belongs to the same session.
    package mutating func end(remains: sluice_session?) -> (record: SessionRecord, what: String) {
        if let remains, Self.isSame(remains, last.session) {
            last = SessionRecord(slot: last.slot, word: last.word, session: remains, instance: last.instance)
        }
        return (last, "it has ended: \(Self.reason(last.session))")
    }

    private static func reason(_ session: sluice_session) -> String {
        session.endReason == 0 ? "reason unknown" : VocabularyNames.endReasons[Int(session.endReason)]
    }

    private static func moved(_ old: sluice_session, _ new: sluice_session) -> Bool {
        func differ(_ one: sluice_flow_end, _ other: sluice_flow_end) -> Bool {
            one.packets != other.packets || one.sequenceEnd != other.sequenceEnd
                || one.acknowledged != other.acknowledged
        }
        return differ(old.originator, new.originator) || differ(old.responder, new.responder)
    }

    private static func isSame(_ one: sluice_session, _ other: sluice_session) -> Bool {
        one.createdTick == other.createdTick && one.key.lowPort == other.key.lowPort
            && one.key.highPort == other.key.highPort && one.key.protocol == other.key.protocol
            && one.key.lowAddress.isEqual(other.key.lowAddress) && one.key.highAddress.isEqual(other.key.highAddress)
    }
}

extension SessionDescriber {
    /// - Parameter time: RFC 3339.
    package func event(
        _ kind: SessionTraceEvent.Kind, _ what: String, of record: SessionRecord, time: String
    ) -> SessionTraceEvent {
        let view = view(record)
        return SessionTraceEvent(
            time: time, session: view.id, kind: kind, state: view.state, instance: view.instance,
            positions: view.positions, packets: view.packets, bytes: view.bytes, idleSeconds: view.idleSeconds,
            endReason: view.endReason, what: what)
    }
}
