internal import FlowCore
internal import FlowLayout

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
