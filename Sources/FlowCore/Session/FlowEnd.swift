package import FlowLayout

/// What a segment changes at its sender's end. All positions only move forward. So a keep-alive, which repeats an old
/// sequence number, never moves them back (RST-4). Nor does a segment that another processor judges at the same moment.
/// If a position fell back behind what was forwarded, every acknowledgment of that data would be dropped, and the
/// session would stall.
extension UnsafeMutablePointer where Pointee == sluice_flow_end {
    @inline(__always)
    package func hasFlag(_ flag: UInt8) -> Bool { pointee.flags & flag != 0 }

    /// The window that a segment of this end announces, in bytes (RFC 7323, 2.3: a SYN's is never scaled).
    @inline(__always)
    package func announcedWindow(_ packet: UnsafePointer<sluice_packet>) -> UInt32 {
        let window = UInt32(packet.pointee.window)
        return packet.pointee.tcpFlags & TCPFlags.syn != 0 ? window : window << UInt32(pointee.windowScale & 0xF)
    }

    /// How often a lost exchange is tried again. The winner has moved the position forward, usually at least as far as
    /// this segment does.
    @inline(__always)
    private static var attempts: UInt32 { 8 }

    /// Records how far the end has sent.
    @inline(__always)
    package func noteSent(upTo end: UInt32) { Self.advance(&pointee.sequenceEnd, to: end) }

    /// Records the acknowledgment and the window of a segment.
    @inline(__always)
    package func noteAcknowledgment(_ packet: UnsafePointer<sluice_packet>) {
        let acknowledgment = packet.pointee.acknowledgment
        let window = announcedWindow(packet)
        let edge = acknowledgment &+ window
        let both = sluice_acknowledged_and_edge(self)
        var current = sluice_load64(both)
        var remaining = Self.attempts
        while remaining > 0 {
            remaining &-= 1
            let isFirst = current == 0
            let low = UInt32(truncatingIfNeeded: current)
            let high = UInt32(truncatingIfNeeded: current >> 32)
            let acknowledged = isFirst || SequenceNumber.isAfter(acknowledgment, low) ? acknowledgment : low
            let furthest = isFirst || SequenceNumber.isAfter(edge, high) ? edge : high
            let next = UInt64(acknowledged) | UInt64(furthest) << 32
            if next == current { break }
            let found = sluice_compare_exchange64(both, current, next)
            if found == current { break }
            current = found
        }
        Self.advance(&pointee.maximumWindow, to: window)
        if !hasFlag(EndFlags.acknowledgment) { sluice_set_end_flags(self, EndFlags.acknowledgment) }
    }

    /// Moves a position forward, if it is not as far yet. A new value is ahead by less than 2^31; this holds for
    /// windows too.
    @inline(__always)
    private static func advance(_ position: UnsafeMutablePointer<UInt32>, to value: UInt32) {
        var current = sluice_load32(position)
        var remaining = attempts
        while remaining > 0 && SequenceNumber.isAfter(value, current) {
            remaining &-= 1
            let found = sluice_compare_exchange32(position, current, value)
            if found == current { return }
            current = found
        }
    }

    /// Begins the end's half of the session with its SYN.
    @inline(__always)
    package func noteSyn(_ packet: UnsafePointer<sluice_packet>) {
        noteSyn(
            sequence: packet.pointee.sequence, payloadLength: packet.pointee.payloadLength,
            window: UInt32(packet.pointee.window), windowScale: packet.pointee.windowScale)
    }

    /// Begins the end's half of the session. The caller has won an exchange of the control word since it read the
    /// session: if another processor has established the session meanwhile, its positions must not be initialised
    /// again.
    ///
    /// - Parameter windowScale: as the SYN offers it; 0xFF: the SYN does not offer it.
    @inline(__always)
    package func noteSyn(sequence: UInt32, payloadLength: UInt32, window: UInt32, windowScale: UInt8) {
        pointee.initialSequence = sequence
        pointee.sequenceEnd = sequence &+ 1 &+ payloadLength
        sluice_store64(sluice_acknowledged_and_edge(self), 0)
        pointee.maximumWindow = window
        if windowScale != 0xFF {
            sluice_begin_end_flags(self, windowScale &* 0x11, EndFlags.syn | EndFlags.scaleOffered)
        } else {
            sluice_begin_end_flags(self, 0, EndFlags.syn)
        }
    }

    /// Scaling is used only if both ends offered it (RFC 7323, 2.2).
    @inline(__always)
    package func agreeOnScale(with peer: UnsafeMutablePointer<sluice_flow_end>) {
        let holds = hasFlag(EndFlags.scaleOffered) && peer.hasFlag(EndFlags.scaleOffered)
        pointee.windowScale = pointee.windowScale & 0xF0 | (holds ? pointee.windowScale >> 4 : 0)
        peer.pointee.windowScale = peer.pointee.windowScale & 0xF0 | (holds ? peer.pointee.windowScale >> 4 : 0)
    }

    /// Counts a forwarded packet, as it is on the wire.
    @inline(__always)
    package func count(_ packet: UnsafePointer<sluice_packet>) {
        sluice_add64(&pointee.packets, UInt64(packet.pointee.wirePackets))
        sluice_add64(&pointee.bytes, UInt64(packet.pointee.wireBytes))
    }
}

/// Comparisons of TCP sequence numbers, which wrap (RFC 9293, 3.4).
package enum SequenceNumber {
    @inline(__always)
    package static func isAfter(_ a: UInt32, _ b: UInt32) -> Bool { Int32(truncatingIfNeeded: a &- b) > 0 }

    @inline(__always)
    package static func isBefore(_ a: UInt32, _ b: UInt32) -> Bool { Int32(truncatingIfNeeded: a &- b) < 0 }
}

extension sluice_session {
    /// The identity of the rule of the last network security group that allowed the session; 0: no group was asked.
    package var groupRule: UInt16 {
        @inline(__always) get { UInt16(responder.groupRulePart) << 8 | UInt16(originator.groupRulePart) }
    }
}
