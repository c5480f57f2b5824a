package import FlowCore
package import FlowLayout
internal import Policy

/// Many sessions that are to be ended, a piece at a time: the controller's loop never waits for all of them, as there may be millions.
package struct SessionWork {
    package typealias Classify = (sluice_classification) -> sluice_classification

    private enum Kind {
        /// These, as far as they still live.
        case named(ArraySlice<SessionReference>, EndReason)
        /// Every live one that a policy denies, from a slot on.
        case denied(Classify, nextSlot: Int)
    }

    /// Slots that are looked at in one piece at most.
    static let pieceSlots = 4096

    private var kind: Kind
    /// How many have been ended so far.
    package private(set) var ended = 0
    package private(set) var isDone = false

    /// Ends the named sessions (RST-5).
    package init(ending sessions: [SessionReference], reason: EndReason) { kind = .named(sessions[...], reason) }

    /// Ends every live session that a policy denies (NSG-3).
    ///
    /// - Parameter classify: the evaluator on the policy's image.
    package init(judgingBy classify: @escaping Classify) { kind = .denied(classify, nextSlot: 0) }

    /// Does one piece: ends ``SessionResetting/batchSessions`` sessions at most. To be called until ``isDone``.
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
