package import FlowCore
internal import FlowLayout

/// Sends the RSTs of tombstones, a limited number at a time.
package struct ResetSending {
    /// Sessions whose RSTs are sent in one call.
    package static let batchSessions = 128

    let table: SessionTable
    let outlet: any SegmentOutlet
    private var segments: [TCPSegment] = []

    package init(table: SessionTable, outlet: any SegmentOutlet) {
        self.table = table
        self.outlet = outlet
        segments.reserveCapacity(Self.batchSessions * ResetSegments.maximumCount)
    }

    /// Sends the RSTs of up to ``batchSessions`` queued tombstones.
    package mutating func sendBatch(from work: AgeingWork) -> ResetTally {
        var tally = ResetTally()
        segments.removeAll(keepingCapacity: true)
        var sessions = 0
        while sessions < Self.batchSessions, let entry = work.resets.popFirst() {
            let slot = Int(entry.slot)
            work.queued.remove(slot)
            sessions += 1
            // A new SYN may have ended the tombstone. The 5-tuple then has another session, which must not be disturbed.
            guard table.holds(slot, generation: entry.generation, state: .resetting) else { continue }
            tally.add(table.sessions[slot], to: &segments)
        }
        if !segments.isEmpty { (tally.sent, tally.failed) = outlet.send(segments) }
        return tally
    }
}

/// The RSTs of a batch, by the reason of their sessions' end and by the end that receives them.
package struct ResetTally: Equatable, Sendable {
    package struct Key: Hashable, Sendable {
        package var reason: UInt8
        /// 0 the originator, 1 the responder.
        package var end: UInt8
    }

    /// Segments, sent or not: if a part of a batch failed, it is unknown which part.
    package private(set) var made: [Key: Int] = [:]
    package var sent = 0
    package var failed = 0

    package init() {}

    /// Appends a session's RSTs to the segments to send.
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
