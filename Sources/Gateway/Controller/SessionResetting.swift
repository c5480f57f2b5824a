package import FlowCore
package import FlowLayout
internal import Policy

/// Ends sessions on purpose, from the controller's process: by hand (RST-5), or because a rule denies them now (NSG-3).
///
/// The control words belong to whoever wins the exchange, so no instance is asked. Tombstones and ending slots are found
/// and cleared away by the instance that owns them.
package struct SessionResetting {
    /// Sessions that are ended before their resets are sent: few, so that no tombstone's rest, however scaled, is over
    /// before.
    static let batchSessions = 128

    let table: SessionTable
    let ending: SessionEnding
    let outlet: any SegmentOutlet

    package init(table: SessionTable, journal: any SessionJournal = SilentJournal(), outlet: any SegmentOutlet) {
        self.table = table
        self.ending = SessionEnding(table: table, journal: journal)
        self.outlet = outlet
    }

    /// Ends the named sessions. `now` is asked for the tick of each batch.
    ///
    /// - Returns: how many; the others had ended before.
    package func reset(_ sessions: [SessionReference], reason: EndReason, now: () -> UInt32) -> Int {
        var count = 0
        var rest = sessions[...]
        while !rest.isEmpty {
            let batch = rest.prefix(Self.batchSessions)
            rest = rest.dropFirst(batch.count)
            var segments: [TCPSegment] = []
            let tick = now()
            for session in batch where Int(session.slot) < table.slotCount {
                let slot = Int(session.slot)
                switch ending.end(slot: slot, generation: session.generation, reason: reason, now: tick) {
                case .resetting:
                    count += 1
                    ResetSegments.forEach(table.sessions[slot]) { segments.append($0) }
                case .ending: count += 1
                case .lost, .nothing, .probe: break
                }
            }
            if !segments.isEmpty {
                let outcome = outlet.send(segments)
                table.countResets(sent: outcome.sent, failed: outcome.failed)
            }
        }
        return count
    }

    /// Ends every live session that a policy denies.
    ///
    /// - Parameter classify: the evaluator on the new image.
    /// - Returns: how many.
    package func resetDenied(
        now: () -> UInt32, classify: (sluice_classification) -> sluice_classification
    ) -> Int {
        var denied: [SessionReference] = []
        var count = 0
        for slot in 0..<table.slotCount {
            let word = table.word(slot)
            guard Reevaluation.concerns(word),
                classify(Reevaluation.question(table.sessions[slot])).allowed == 0
            else { continue }
            denied.append(SessionReference(slot: UInt32(truncatingIfNeeded: slot), generation: word.generation))
            if denied.count == Self.batchSessions {
                count += reset(denied, reason: .policy, now: now)
                denied.removeAll(keepingCapacity: true)
            }
        }
        return count + reset(denied, reason: .policy, now: now)
    }
}
