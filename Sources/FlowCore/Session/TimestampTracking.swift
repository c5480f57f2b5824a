package import FlowLayout

/// Stores the last time stamps of a session's ends, so that a probe can carry what an end requires (IDLE-5; RFC 7323,
/// 3.2).
///
/// Only sessions that may be probed are followed. All others cost a test of one bit. A stored time stamp never moves
/// back, whichever of two processors comes last: a probe with an older one would be dropped (PAWS; RFC 7323, 5.3).
package enum TimestampTracking {
    /// How often a lost exchange is tried again.
    private static var attempts: UInt32 { 4 }

    /// Records the time stamp of a segment that was forwarded.
    @inline(__always)
    package static func noteTimestamp<Bytes: PacketBytes, T: Tables>(
        _ bytes: Bytes, _ packet: UnsafePointer<sluice_packet>, _ tables: T
    ) {
        guard packet.pointee.tcpHeaderLength > 20 else { return }
        var options = sluice_tcp_option_values()
        bytes.readOptions(
            transportOffset: UInt32(packet.pointee.transportOffset),
            headerLength: UInt32(packet.pointee.tcpHeaderLength), &options)
        guard options.hasTimestamp != 0,
            let session = tables.session(packet.pointee.slot), let word = tables.word(packet.pointee.slot),
            let stamps = tables.timestamps(packet.pointee.slot)
        else { return }
        let isOriginator = SessionTracker.isFromOriginator(packet, session)
        let both = UnsafeMutableRawPointer(stamps).assumingMemoryBound(to: UInt64.self)
        let generation = ControlWord(rawValue: sluice_load64(word)).generation
        advance(isOriginator ? both : both + 1, to: options.timestamp, generation: generation)
    }

    @inline(__always)
    private static func advance(_ stamp: UnsafeMutablePointer<UInt64>, to value: UInt32, generation: UInt16) {
        let next = UInt64(generation) << 48 | 1 << 32 | UInt64(value)
        var remaining = attempts
        while remaining > 0 {
            remaining &-= 1
            let current = sluice_load64(stamp)
            let isSameSession = current >> 32 == next >> 32
            if isSameSession && !SequenceNumber.isAfter(value, UInt32(truncatingIfNeeded: current)) { return }
            if sluice_compare_exchange64(stamp, current, next) == current { return }
        }
    }

    /// The last time stamp of an end; nil if none was seen in the session of this generation.
    package static func value(_ stamp: UInt64, generation: UInt16) -> UInt32? {
        stamp >> 32 == UInt64(generation) << 16 | 1 ? UInt32(truncatingIfNeeded: stamp) : nil
    }
}
