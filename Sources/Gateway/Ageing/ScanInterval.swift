internal import FlowCore
internal import FlowLayout

/// How long to rest between two passes over the table.
package enum ScanInterval {
    static let usualNanoseconds: UInt64 = 250_000_000
    static let shortestNanoseconds: UInt64 = 20_000_000

    /// A quarter of the shortest timeout, so that a scaled clock does not make expiry coarse; 20 to 250 ms.
    package static func nanoseconds(shortestTimeoutTicks: UInt32) -> UInt64 {
        let quarter = UInt64(shortestTimeoutTicks) * Tick.nanoseconds / 4
        return max(shortestNanoseconds, min(usualNanoseconds, quarter))
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
