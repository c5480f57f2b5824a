package import FlowCore
internal import FlowLayout

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

/// The resets of a batch, by why their sessions ended and to which end they go.
package struct ResetTally: Equatable, Sendable {
    package struct Key: Hashable, Sendable {
        package var reason: UInt8
        /// 0 the originator, 1 the responder.
        package var end: UInt8
    }

    /// Segments, whether they went out or not: of a batch that failed in part nobody knows which did.
    package private(set) var made: [Key: Int] = [:]
    package var sent = 0
    package var failed = 0

    package init() {}

    /// Appends a session's resets to what is sent.
    mutating func add(_ session: sluice_session, to segments: inout [TCPSegment]) {
        let originatorIsLow = session.flags & SessionFlags.originatorIsLow != 0
        let originator = session.key.source(isLow: originatorIsLow)
        let port = session.key.sourcePort(isLow: originatorIsLow)
        ResetSegments.forEach(session) { segment in
            segments.append(segment)
            let isOriginator =
                segment.destination.low == originator.low && segment.destination.high == originator.high
                && segment.destinationPort == port
            made[Key(reason: session.endReason, end: isOriginator ? 0 : 1), default: 0] += 1
        }
    }
}
