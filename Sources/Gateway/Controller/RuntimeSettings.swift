package import FlowLayout
internal import FlowCore
package import Policy

/// Writes the configuration's times and limits into the datapath's settings. Each is one store: a packet, or an iteration of an
/// instance, uses either the old value or the new one.
package enum RuntimeSettings {
    /// Part of the table that half-open sessions may take (BAD-2): one in this many slots, but not fewer than the smallest.
    static let halfOpenShare = 4
    static let smallestHalfOpenLimit = 64
    /// Part of that share that one source may take (BAD-10), and the least that it may.
    static let halfOpenSourcePart: UInt32 = 4
    static let smallestSourceLimit: UInt32 = 64
    /// How long a datagram's later fragments are passed after its first one: as long as Linux waits for them.
    static let fragmentTimeoutNanoseconds: UInt64 = 30_000_000_000
    /// Deny events that the kernel program emits in one tick at most; the counters count all.
    static let denyEventsPerTick: UInt32 = 64

    /// - Parameter isDebugging: whether instances write every session to their own log.
    package static func apply(
        _ configuration: Configuration, to runtime: UnsafeMutablePointer<sluice_runtime>, slotCount: Int,
        isDebugging: Bool = Log.levelFromEnvironment == .debug
    ) {
        let timeouts = configuration.timeouts
        sluice_store32(&runtime.pointee.halfOpenTimeoutTicks, Tick.covering(nanoseconds: timeouts.halfOpen))
        sluice_store32(&runtime.pointee.closingTimeoutTicks, Tick.covering(nanoseconds: timeouts.closing))
        sluice_store32(&runtime.pointee.closedTimeoutTicks, Tick.covering(nanoseconds: timeouts.closed))
        sluice_store32(&runtime.pointee.tombstoneTimeoutTicks, Tick.covering(nanoseconds: timeouts.tombstone))
        sluice_store32(
            &runtime.pointee.fragmentTimeoutTicks, Tick.covering(nanoseconds: fragmentTimeoutNanoseconds))
        sluice_store32(&runtime.pointee.denyEventsPerTick, denyEventsPerTick)
        let limit = halfOpenLimit(slotCount: slotCount)
        sluice_store32(&runtime.pointee.halfOpenLimit, limit)
        sluice_store32(&runtime.pointee.halfOpenLimitPerSource, max(smallestSourceLimit, limit / halfOpenSourcePart))
        sluice_store32(
            &runtime.pointee.sourceEpochShift,
            SourceTally.shift(halfOpenTimeoutTicks: Tick.covering(nanoseconds: timeouts.halfOpen)))
        runtime.pointee.resetWithoutSession = configuration.withoutSession == .reset ? 1 : 0
        runtime.pointee.hostPing = configuration.hostPing ? 1 : 0
        runtime.pointee.reportsEvents = configuration.flowLog != nil || isDebugging ? 1 : 0
    }

    static func halfOpenLimit(slotCount: Int) -> UInt32 {
        UInt32(clamping: min(slotCount, max(smallestHalfOpenLimit, slotCount / halfOpenShare)))
    }
}
