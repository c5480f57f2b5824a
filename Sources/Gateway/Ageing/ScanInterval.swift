internal import FlowCore
internal import FlowLayout

/// The pause between two passes over the table.
package enum ScanInterval {
    static let usualNanoseconds: UInt64 = 250_000_000
    /// IDLE-1 allows a second.
    static let longestNanoseconds: UInt64 = 500_000_000
    static let shortestNanoseconds: UInt64 = 20_000_000
    /// If half-open sessions crowd their share, the pause for each slot is shorter: passes take a twentieth of the time instead of a
    /// hundredth.
    private static let crowdedPausePerSlotNanoseconds: UInt64 = 20

    /// The check of a slot takes about one nanosecond, and adds a hundred to the pause.
    private static let pausePerSlotNanoseconds: UInt64 = 100

    /// A quarter of the shortest timeout, so that expiry stays precise with a scaled clock. The result is 20 to 250 ms, and up to 500 ms
    /// for a table so large that passes would take more than a hundredth of the time.
    ///
    /// - Parameter isCrowded: whether room must be made for new handshakes (``HalfOpenRoom``).
    package static func nanoseconds(shortestTimeoutTicks: UInt32, slots: Int, isCrowded: Bool = false) -> UInt64 {
        if isCrowded { return max(shortestNanoseconds, UInt64(slots) * crowdedPausePerSlotNanoseconds) }
        let quarter = UInt64(shortestTimeoutTicks) * Tick.nanoseconds / 4
        let pause = min(longestNanoseconds, max(usualNanoseconds, UInt64(slots) * pausePerSlotNanoseconds))
        return max(shortestNanoseconds, min(pause, quarter))
    }

    /// The shortest timeout that sessions of this table can have.
    static func shortestTimeoutTicks(_ table: SessionTable) -> UInt32 {
        let runtime = table.runtime.pointee
        var shortest = UInt32.max
        for ticks in [
            runtime.halfOpenTimeoutTicks, runtime.closingTimeoutTicks, runtime.closedTimeoutTicks,
            runtime.tombstoneTimeoutTicks,
        ] where ticks > 0 { shortest = min(shortest, ticks) }
        for index in 0..<Int(SLUICE_MAX_TREATMENTS) {
            let ticks = table.treatments[index].timeoutTicks
            if ticks > 0 { shortest = min(shortest, ticks) }
        }
        return shortest
    }
}
