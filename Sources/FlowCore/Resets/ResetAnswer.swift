package import FlowLayout

/// The RST that answers a segment for a tombstone, or without a session (RST-2; RFC 9293, 3.10.7.1).
package enum ResetAnswer {
    /// At SEG.ACK; for a segment without ACK, RST|ACK at SEG.SEQ + SEG.LEN. An RST must not be answered: the caller
    /// checks that.
    @inline(__always)
    package static func answerReset(_ packet: UnsafePointer<sluice_packet>) -> TCPSegment {
        let sourceIsLow = packet.pointee.flags & PacketFlags.sourceIsLow != 0
        let flags = packet.pointee.tcpFlags
        var segment = TCPSegment(
            source: packet.pointee.key.destination(sourceIsLow: sourceIsLow),
            destination: packet.pointee.key.source(isLow: sourceIsLow),
            sourcePort: packet.pointee.key.destinationPort(sourceIsLow: sourceIsLow),
            destinationPort: packet.pointee.key.sourcePort(isLow: sourceIsLow),
            sequence: 0, acknowledgment: 0, flags: TCPFlags.rst, window: 0, family: packet.pointee.key.family)
        if flags & TCPFlags.ack != 0 {
            segment.sequence = packet.pointee.acknowledgment
        } else {
            segment.flags = TCPFlags.rst | TCPFlags.ack
            segment.acknowledgment =
                packet.pointee.sequence &+ packet.pointee.payloadLength
                &+ (flags & TCPFlags.syn != 0 ? 1 : 0) &+ (flags & TCPFlags.fin != 0 ? 1 : 0)
        }
        return segment
    }
}
