package import FlowCore
package import FlowLayout
internal import Policy

/// Ends many sessions in steps. The controller's loop never waits for all of them, because there may be millions.
package struct SessionWork {
    package typealias Classify = (sluice_classification) -> sluice_classification

    private enum Kind {
        /// The named sessions that are still live.
        case named(ArraySlice<SessionReference>, EndReason)
        /// Every live session that a policy denies, beginning at a slot.
        case denied(Classify, nextSlot: Int)
    }

    /// Slots that are checked in one step, at most.
    static let pieceSlots = 4096

    private var kind: Kind
    /// Number of sessions that have been ended so far.
    package private(set) var ended = 0
    package private(set) var isDone = false

    /// Ends the named sessions (RST-5).
    package init(ending sessions: [SessionReference], reason: EndReason) { kind = .named(sessions[...], reason) }

    /// Ends every live session that a policy denies (NSG-3).
    ///
    /// - Parameter classify: the evaluator on the policy's image.
    package init(judgingBy classify: @escaping Classify) { kind = .denied(classify, nextSlot: 0) }

    /// Does one step: ends at most ``SessionResetting/batchSessions`` sessions. Call it until ``isDone``.
    ///
    /// - Parameter now: the tick.
    package mutating func advance(_ resetting: SessionResetting, now: UInt32) {
        switch kind {
        case .named(let rest, let reason):
            let batch = rest.prefix(SessionResetting.batchSessions)
            ended += resetting.end(batch, reason: reason, now: now)
            kind = .named(rest.dropFirst(batch.count), reason)
            isDone = rest.count == batch.count
        case .denied(let classify, var slot):
            let table = resetting.table
            let end = min(slot + Self.pieceSlots, table.slotCount)
            var denied: [SessionReference] = []
            while slot < end, denied.count < SessionResetting.batchSessions {
                let word = table.word(slot)
                if Reevaluation.concerns(word), classify(Reevaluation.question(table.sessions[slot])).allowed == 0 {
                    denied.append(
                        SessionReference(slot: UInt32(truncatingIfNeeded: slot), generation: word.generation))
                }
                slot += 1
            }
            ended += resetting.end(denied[...], reason: .policy, now: now)
            kind = .denied(classify, nextSlot: slot)
            isDone = slot >= table.slotCount
        }
    }
}
