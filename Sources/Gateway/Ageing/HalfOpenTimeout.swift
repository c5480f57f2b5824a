/// How long a session may stay half-open, by how full the table is, and the half-open sessions' share of it (SESS-9, BAD-2).
///
/// Up to 60 % occupancy it is the configured timeout; from there it shrinks linearly to a tenth of it in a full table, so
/// that a flood of SYNs makes room by itself, before anything else has to be refused.
package enum HalfOpenTimeout {
    /// Per cent of occupancy from which on the timeout shrinks.
    static let shrinkFromPercent: UInt64 = 60
    /// Per cent of the configured timeout that is left when the table is full.
    static let smallestPercent: UInt64 = 10

    /// - Parameters:
    ///   - configuredTicks: the timeout of a table that is not crowded.
    ///   - occupied: slots that are not free; or half-open sessions.
    ///   - capacity: slots in all; or the share's.
    /// - Returns: ticks; at least 1.
    package static func ticks(configuredTicks: UInt32, occupied: Int, capacity: Int) -> UInt32 {
        let occupied = UInt64(max(0, min(occupied, capacity)))
        let capacity = UInt64(max(1, capacity))
        let threshold = capacity * shrinkFromPercent
        let scaledOccupied = occupied * 100
        guard scaledOccupied > threshold else { return configuredTicks }
        // In millionths, so that no product of ticks and slots overflows.
        let excess = (scaledOccupied - threshold) * 1_000_000 / (capacity * (100 - shrinkFromPercent))
        let configured = UInt64(configuredTicks)
        let cut = configured * (100 - smallestPercent) * excess / 100_000_000
        return UInt32(max(1, configured - cut))
    }
}
