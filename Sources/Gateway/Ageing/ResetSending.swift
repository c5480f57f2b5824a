internal import FlowCore

/// Sends the resets of tombstones, a bounded number at a time.
package struct ResetSending {
    /// Sessions whose resets go in one call.
    package static let batchSessions = 128

    let table: SessionTable
    let outlet: any SegmentOutlet
    private var segments: [TCPSegment] = []

    package init(table: SessionTable, outlet: any SegmentOutlet) {
        self.table = table
        self.outlet = outlet
        segments.reserveCapacity(Self.batchSessions * ResetSegments.maximumCount)
    }

    /// Sends the resets of up to ``batchSessions`` queued tombstones.
    package mutating func sendBatch(from work: AgeingWork) -> ResetTally {
        var tally = ResetTally()
        segments.removeAll(keepingCapacity: true)
        var sessions = 0
        while sessions < Self.batchSessions, let entry = work.resets.popFirst() {
            let slot = Int(entry.slot)
            work.queued.remove(slot)
            sessions += 1
            // A new SYN may have ended the tombstone: what speaks now is another session, and not to be disturbed.
            guard table.holds(slot, generation: entry.generation, state: .resetting) else { continue }
            tally.add(table.sessions[slot], to: &segments)
        }
        if !segments.isEmpty { (tally.sent, tally.failed) = outlet.send(segments) }
        return tally
    }
}
