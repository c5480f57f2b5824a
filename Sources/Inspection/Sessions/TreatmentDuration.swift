import FlowCore

/// Converts a treatment's ticks back to the configured duration.
package enum TreatmentDuration {
    /// The roundest number of seconds that ``Tick/covering(nanoseconds:)`` converts to these ticks.
    ///
    /// Ticks are rounded up, so durations within 16.8 ms have the same value, such as 240 s and 239.99 s. The one with
    /// the fewest decimals is most likely the configured one.
    package static func seconds(ticks: UInt32) -> Double {
        guard ticks > 1 else { return 0 }
        // covering(n) = ceil(n / tick) + 1, so n lies in ((ticks - 2) * tick, (ticks - 1) * tick].
        let upper = UInt64(ticks - 1) * Tick.nanoseconds
        let lower = UInt64(ticks - 2) * Tick.nanoseconds
        var unit: UInt64 = 1_000_000_000
        while unit > 1_000_000 {
            let candidate = upper / unit * unit
            if candidate > lower { return Double(candidate / 1_000_000) / 1000 }
            unit /= 10
        }
        return Double(upper / 1_000_000) / 1000
    }
}
