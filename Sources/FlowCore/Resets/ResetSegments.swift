package import FlowLayout

/// The segments that end a session at both ends (RST-1).
///
/// Linux accepts an RST at exactly RCV.NXT. The last ACK that an end sent equals its RCV.NXT, except while it delays an
/// ACK. The highest sequence forwarded to it equals its RCV.NXT, except while segments are lost behind the firewall. If
/// the two differ, the end receives an RST at each.
package enum ResetSegments {
    /// The largest number of segments that one session needs.
    package static let maximumCount = 4

    /// Calls `body` for every segment to send, in order.
    @inline(__always)
    package static func forEach(_ session: sluice_session, _ body: (TCPSegment) -> Void) {
        let originatorIsLow = session.flags & SessionFlags.originatorIsLow != 0
        reset(
            end: session.originator, peer: session.responder, endIsLow: originatorIsLow, key: session.key, body: body)
        reset(
            end: session.responder, peer: session.originator, endIsLow: !originatorIsLow, key: session.key, body: body)
    }

    @inline(__always)
    private static func reset(
        end: sluice_flow_end, peer: sluice_flow_end, endIsLow: Bool, key: sluice_session_key,
        body: (TCPSegment) -> Void
    ) {
        var segment = TCPSegment(
            source: key.source(isLow: !endIsLow), destination: key.source(isLow: endIsLow),
            sourcePort: key.sourcePort(isLow: !endIsLow), destinationPort: key.sourcePort(isLow: endIsLow),
            sequence: 0, acknowledgment: end.sequenceEnd, flags: TCPFlags.rst | TCPFlags.ack, window: 0,
            family: key.family)
        let endSpoke = end.flags & EndFlags.syn != 0
        let endAcknowledged = end.flags & EndFlags.acknowledgment != 0
        let peerSpoke = peer.flags & EndFlags.syn != 0
        if !endSpoke {
            // This end has sent nothing yet: it may be in SYN-RECEIVED, with its answer lost on the way to the
            // firewall. So the RST has no ACK: there is nothing of this end to acknowledge.
            segment.flags = TCPFlags.rst
            segment.acknowledgment = 0
        }
        if endAcknowledged {
            segment.sequence = end.acknowledged
            body(segment)
            if peerSpoke && peer.sequenceEnd != end.acknowledged {
                segment.sequence = peer.sequenceEnd
                body(segment)
            }
        } else {
            // In SYN-SENT only the acknowledgment is checked: ISS + 1 (RFC 9293, 3.10.7.3).
            segment.sequence = peerSpoke ? peer.sequenceEnd : 0
            body(segment)
        }
    }
}
