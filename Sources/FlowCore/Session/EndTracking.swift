package import FlowLayout

/// What a segment changes at its sender's end. All positions only move forward, so a keep-alive, which repeats an old
/// sequence number, never moves them back (RST-4).
extension UnsafeMutablePointer where Pointee == sluice_flow_end {
    @inline(__always)
    package func hasFlag(_ flag: UInt8) -> Bool { pointee.flags & flag != 0 }

    /// The window that a segment of this end announces, in bytes (RFC 7323, 2.3: a SYN's is never scaled).
    @inline(__always)
    package func announcedWindow(_ packet: UnsafePointer<sluice_packet>) -> UInt32 {
        let window = UInt32(packet.pointee.window)
        return packet.pointee.tcpFlags & TCPFlags.syn != 0 ? window : window << UInt32(pointee.windowScale & 0xF)
    }

    /// Notes the acknowledgment and the window of a segment.
    @inline(__always)
    package func noteAcknowledgment(_ packet: UnsafePointer<sluice_packet>) {
        let acknowledgment = packet.pointee.acknowledgment
        let window = announcedWindow(packet)
        let edge = acknowledgment &+ window
        let isFirst = pointee.flags & EndFlags.acknowledgment == 0
        if isFirst || SequenceNumber.isAfter(acknowledgment, pointee.acknowledged) {
            pointee.acknowledged = acknowledgment
        }
        if isFirst || SequenceNumber.isAfter(edge, pointee.windowEdge) { pointee.windowEdge = edge }
        if window > pointee.maximumWindow { pointee.maximumWindow = window }
        if isFirst { pointee.flags |= EndFlags.acknowledgment }
    }

    /// Begins the end's half of the session with its SYN.
    @inline(__always)
    package func noteSyn(_ packet: UnsafePointer<sluice_packet>) {
        pointee.initialSequence = packet.pointee.sequence
        pointee.sequenceEnd = packet.pointee.sequence &+ 1 &+ packet.pointee.payloadLength
        pointee.maximumWindow = UInt32(packet.pointee.window)
        var flags = EndFlags.syn
        if packet.pointee.windowScale != 0xFF {
            flags |= EndFlags.scaleOffered
            pointee.windowScale = packet.pointee.windowScale
        } else {
            pointee.windowScale = 0
        }
        pointee.flags = flags
    }

    /// Counts a forwarded packet, as it goes over the wire.
    @inline(__always)
    package func count(_ packet: UnsafePointer<sluice_packet>) {
        sluice_add64(&pointee.packets, UInt64(packet.pointee.wirePackets))
        sluice_add64(&pointee.bytes, UInt64(packet.pointee.wireBytes))
    }
}
