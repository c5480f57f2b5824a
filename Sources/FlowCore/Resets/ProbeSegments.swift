package import FlowLayout

/// The keep-alive segments by which the firewall asks whether the ends are alive (IDLE-5, RFC 9293, 3.8.4).
package enum ProbeSegments {
    /// Calls `body` for the segment to each end: at RCV.NXT - 1, without data, so that a living end answers with a bare ACK.
    @inline(__always)
    package static func forEach(_ session: sluice_session, _ body: (TCPSegment) -> Void) {
        let originatorIsLow = session.flags & SessionFlags.originatorIsLow != 0
        body(probe(end: session.originator, peer: session.responder, endIsLow: originatorIsLow, key: session.key))
        body(probe(end: session.responder, peer: session.originator, endIsLow: !originatorIsLow, key: session.key))
    }

    @inline(__always)
    private static func probe(
        end: sluice_flow_end, peer: sluice_flow_end, endIsLow: Bool, key: sluice_session_key
    ) -> TCPSegment {
        TCPSegment(
            source: key.source(isLow: !endIsLow), destination: key.source(isLow: endIsLow),
            sourcePort: key.sourcePort(isLow: !endIsLow), destinationPort: key.sourcePort(isLow: endIsLow),
            sequence: end.acknowledged &- 1, acknowledgment: end.sequenceEnd, flags: TCPFlags.ack,
            window: UInt16(truncatingIfNeeded: min(peer.maximumWindow >> UInt32(peer.windowScale & 0xF), 0xFFFF)),
            family: key.family)
    }
}
