package import FlowLayout

/// The keep-alive segments with which the firewall asks whether the ends are alive (IDLE-5, RFC 9293, 3.8.4).
package enum ProbeSegments {
    /// Calls `body` for the segment to each end: at RCV.NXT - 1, without data, so that an end that is alive answers
    /// with a bare ACK.
    ///
    /// If both ends send time stamps, an end may drop a segment without them (RFC 7323, 3.2). So the probe carries the
    /// last time stamp of its supposed sender, which is neither too old for the end (PAWS) nor ahead of the sender's
    /// clock. It echoes the last time stamp of the end itself.
    ///
    /// - Parameters:
    ///   - timestamps: what ``TimestampTracking`` has stored; nil if nothing is stored.
    ///   - generation: the generation of the session's slot.
    @inline(__always)
    package static func forEach(
        _ session: sluice_session, timestamps: sluice_timestamps?, generation: UInt16, _ body: (TCPSegment) -> Void
    ) {
        let originatorIsLow = session.flags & SessionFlags.originatorIsLow != 0
        var toOriginator = probe(
            end: session.originator, peer: session.responder, endIsLow: originatorIsLow, key: session.key)
        var toResponder = probe(
            end: session.responder, peer: session.originator, endIsLow: !originatorIsLow, key: session.key)
        if let timestamps,
            let originator = TimestampTracking.value(timestamps.originator, generation: generation),
            let responder = TimestampTracking.value(timestamps.responder, generation: generation)
        {
            toOriginator.stamp(responder, echoing: originator)
            toResponder.stamp(originator, echoing: responder)
        }
        body(toOriginator)
        body(toResponder)
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

extension TCPSegment {
    /// Adds the time stamps.
    @inline(__always)
    fileprivate mutating func stamp(_ value: UInt32, echoing echo: UInt32) {
        timestampValue = value
        timestampEcho = echo
        hasTimestamps = true
    }
}
