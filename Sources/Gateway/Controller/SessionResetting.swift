package import FlowCore
internal import FlowLayout

/// Ends sessions from the controller's process: by hand (RST-5), or because a rule denies them now (NSG-3).
///
/// A control word belongs to the process that wins the exchange, so no instance has to be asked. The instance that owns the slab finds
/// and releases the tombstones and the ending slots.
package struct SessionResetting {
    /// Sessions that are ended before their RSTs are sent. The number is small, so that no tombstone expires before its RST is sent, even
    /// with a large time scale.
    package static let batchSessions = 128

    let table: SessionTable
    let ending: SessionEnding
    let outlet: any SegmentOutlet

    package init(table: SessionTable, journal: any SessionJournal = SilentJournal(), outlet: any SegmentOutlet) {
        self.table = table
        self.ending = SessionEnding(table: table, journal: journal)
        self.outlet = outlet
    }

    /// Ends the named sessions, at most ``batchSessions``, and sends their RSTs.
    ///
    /// - Returns: how many were ended; the others had ended before.
    func end(_ batch: ArraySlice<SessionReference>, reason: EndReason, now: UInt32) -> Int {
        var count = 0
        var segments: [TCPSegment] = []
        var tally = ResetTally()
        for session in batch where Int(session.slot) < table.slotCount {
            let slot = Int(session.slot)
            switch ending.end(slot: slot, generation: session.generation, reason: reason, now: now) {
            case .resetting:
                count += 1
                tally.add(table.sessions[slot], to: &segments)
            case .ending: count += 1
            case .lost, .nothing, .probe: break
            }
        }
        if !segments.isEmpty {
            (tally.sent, tally.failed) = outlet.send(segments)
            table.countResets(tally)
        }
        return count
    }
}
